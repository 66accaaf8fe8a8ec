"""Asking Kafka where the records of a leader end (KIP-320).

Every leader of a partition has a number, its epoch, and every record batch carries that of the
leader that took it. Records that were read can be gone, and others stand at their offsets, only
where a later leader began before them: it had not got them. The broker knows where each began.

aiokafka 0.14 does not ask. Version 3 of the request (Kafka 2.3) is the first that consumers may
send; an older broker cannot say.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiokafka.errors import IncompatibleBrokerVersion, KafkaError, for_code
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Int16, Int32, Int64, Schema, String

from models.positions import ReadTo, TopicPartition

_UNKNOWN = -1
_ASK_SECONDS = 5.0
_NAME = ("topic", String("utf-8"))


class _Response(Response):  # type: ignore[misc]  # aiokafka comes without types here
    # https://kafka.apache.org/protocol#The_Messages_OffsetForLeaderEpoch
    API_KEY = 23
    API_VERSION = 3
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "topics",
            Array(
                _NAME,
                (
                    "partitions",
                    Array(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader_epoch", Int32),
                        ("end_offset", Int64),
                    ),
                ),
            ),
        ),
    )
    topics: list[tuple[str, list[tuple[int, int, int, int]]]]


class _Struct(RequestStruct):  # type: ignore[misc]
    API_KEY = 23
    API_VERSION = 3
    RESPONSE_TYPE = _Response
    SCHEMA = Schema(
        ("replica_id", Int32),
        (
            "topics",
            Array(
                _NAME,
                (
                    "partitions",
                    Array(
                        ("partition", Int32),
                        ("current_leader_epoch", Int32),
                        ("leader_epoch", Int32),
                    ),
                ),
            ),
        ),
    )


class _EpochEndsRequest(Request[_Struct]):  # type: ignore[misc]
    API_KEY = 23

    def __init__(self, epochs: Mapping[TopicPartition, int]) -> None:
        self._epochs = epochs

    def build(self, request_struct_class: type[_Struct]) -> _Struct:
        topics = defaultdict(list)
        for tp, epoch in self._epochs.items():
            topics[tp.topic].append((tp.partition, _UNKNOWN, epoch))
        return request_struct_class(_UNKNOWN, list(topics.items()))


async def ask_epoch_ends(
    send: Callable[..., Awaitable[Any]], node: int, read: Mapping[TopicPartition, ReadTo]
) -> dict[TopicPartition, ReadTo]:
    """Say how far each partition is what was read of it, by its leader `node`.

    That is `read` itself, or an earlier offset with the leader epoch before it. Of partitions that
    were read by an unknown leader, or of which the broker cannot say, there is none. `send` is that
    of aiokafka's client. Raises KafkaError.
    """
    epochs = {tp: at.leader_epoch for tp, at in read.items() if at.leader_epoch is not None}
    if not epochs:
        return {}
    try:
        async with asyncio.timeout(_ASK_SECONDS):
            answer = await send(node, _EpochEndsRequest(epochs))
    except (NotImplementedError, IncompatibleBrokerVersion):  # the broker is too old
        return {}
    except TimeoutError as error:
        raise KafkaError(f"no answer about leaders of {sorted(epochs)}") from error
    return {
        tp: min(read[tp], end, key=lambda at: at.offset)
        for tp, end in _ends(answer)
        if end.offset != _UNKNOWN
    }


def _ends(answer: _Response) -> list[tuple[TopicPartition, ReadTo]]:
    found = []
    for topic, partitions in answer.topics:
        for error, partition, epoch, end in partitions:
            if error:
                raise for_code(error)(f"leader of {topic}, partition {partition}")
            found.append((TopicPartition(topic, partition), ReadTo(end, epoch)))
    return found
