"""Noticing that a topic was deleted and made anew while it is read.

Kafka gives every topic an id of its own, but aiokafka fetches by name: a fetch that waits while the
topic is deleted and made anew is answered with records of the new one, and without any error. So
after each fetch that brought records the broker that sent them is asked for the ids. A broker knows
a topic's new id before it serves its records, and no id comes twice: if the id is still the known
one, so was the topic that the records came from.

Ids need metadata requests of version 10 (Kafka 2.8), aiokafka 0.14 has up to 5. Brokers without it
go unwatched while a worker runs.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from io import BytesIO
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from aiokafka.protocol.abstract import AbstractType
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.protocol.types import (
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Schema,
    TaggedFields,
)

_NO_ID = bytes(16)
_ASK_SECONDS = 5.0


class _Uuid(AbstractType[bytes]):  # type: ignore[misc]  # aiokafka comes without types here
    @classmethod
    def encode(cls, value: bytes) -> bytes:
        return value

    @classmethod
    def decode(cls, data: BytesIO) -> bytes:
        return data.read(16)


_TAGS = ("tags", TaggedFields)
_NAME = CompactString("utf-8")


class _Response(Response):  # type: ignore[misc]
    # https://kafka.apache.org/protocol#The_Messages_Metadata
    API_KEY = 3
    API_VERSION = 10
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "brokers",
            CompactArray(
                ("node_id", Int32), ("host", _NAME), ("port", Int32), ("rack", _NAME), _TAGS
            ),
        ),
        ("cluster_id", _NAME),
        ("controller_id", Int32),
        (
            "topics",
            CompactArray(
                ("error_code", Int16),
                ("name", _NAME),
                ("topic_id", _Uuid),
                ("is_internal", Boolean),
                (
                    "partitions",
                    CompactArray(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", CompactArray(Int32)),
                        ("isr", CompactArray(Int32)),
                        ("offline_replicas", CompactArray(Int32)),
                        _TAGS,
                    ),
                ),
                ("authorized_operations", Int32),
                _TAGS,
            ),
        ),
        ("cluster_authorized_operations", Int32),
        _TAGS,
    )
    topics: list[tuple[Any, ...]]


class _Struct(RequestStruct):  # type: ignore[misc]
    FLEXIBLE_VERSION = True
    API_KEY = 3
    API_VERSION = 10
    RESPONSE_TYPE = _Response
    SCHEMA = Schema(
        ("topics", CompactArray(("topic_id", _Uuid), ("name", _NAME), _TAGS)),
        ("allow_auto_topic_creation", Boolean),
        ("include_cluster_authorized_operations", Boolean),
        ("include_topic_authorized_operations", Boolean),
        _TAGS,
    )


class _TopicIdsRequest(Request[_Struct]):  # type: ignore[misc]
    API_KEY = 3

    def __init__(self, topics: Collection[str]) -> None:
        self._topics = topics

    def build(self, request_struct_class: type[_Struct]) -> _Struct:
        named: list[tuple[bytes, str, dict[int, bytes]]] = [
            (_NO_ID, topic, {}) for topic in self._topics
        ]
        return request_struct_class(named, False, False, False, {})  # noqa: FBT003 - in order


async def ask_topic_ids(
    send: Callable[..., Awaitable[Any]], node: int, topics: Collection[str]
) -> dict[str, UUID] | None:
    """Give the ids of those topics that are there; None by a broker that is too old.

    `send` is that of aiokafka's client. Raises KafkaError.
    """
    try:
        async with asyncio.timeout(_ASK_SECONDS):
            answer = await send(node, _TopicIdsRequest(topics))
    except NotImplementedError:  # aiokafka's word for it
        return None
    except KafkaError:
        raise
    except Exception as error:
        # anything else would end aiokafka's fetching for good, without a word
        raise KafkaError(f"no answer about topics: {error!r}") from error
    return {
        name: UUID(bytes=topic_id)
        for error, name, topic_id, *_ in answer.topics
        if not error and topic_id != _NO_ID
    }


class TopicIds:
    """The ids of the topics that a consumer reads. Used in the consumer's own thread."""

    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        topics: Collection[str],
        changed: Callable[[set[str]], None],
    ) -> None:
        """Watch the consumer's fetches; `changed` is called before their records are handed on."""
        self._client = consumer._client  # noqa: SLF001
        self._send = consumer._client.send  # noqa: SLF001
        self._topics = topics
        self._changed = changed
        self._ids: dict[str, UUID] = {}
        self._client.send = self._send_and_look

    async def learn(self, topics: Collection[str]) -> None:
        """Take the ids that these topics have now for the right ones. Raises KafkaError.

        Of others nothing is taken: whether they still are what they were, nobody is looking at.
        """
        node = self._client.get_random_node()
        if node is not None:
            self._ids.update(await ask_topic_ids(self._send, node, topics) or {})

    async def _send_and_look(self, node: int, request: Any, **options: Any) -> Any:
        response = await self._send(node, request, **options)
        if isinstance(request, FetchRequest):
            fetched = {topic for topic, parts in response.topics if any(one[-1] for one in parts)}
            if watched := fetched.intersection(self._topics):
                await self._look(node, watched)
        return response

    async def _look(self, node: int, topics: set[str]) -> None:
        ids = await ask_topic_ids(self._send, node, topics)
        if ids is None:
            return
        if unknown := topics - ids.keys():
            raise KafkaError(f"no id of {sorted(unknown)}: what was fetched is fetched again")
        changed = {
            topic for topic in topics if self._ids.setdefault(topic, ids[topic]) != ids[topic]
        }
        if changed:
            self._changed(changed)
