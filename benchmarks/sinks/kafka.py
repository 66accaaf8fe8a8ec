"""What a topic says of its records: where it ends, and when each was produced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple
from uuid import uuid4

from confluent_kafka import Consumer, Message, TopicPartition

from benchmarks.sinks.backlog import PARTITIONS

_AT_ONCE = 10_000
_WAIT_SECONDS = 10.0


class Produced(NamedTuple):
    """`at` is when, in seconds since 1970."""

    topic: str
    partition: int
    offset: int
    at: float


def ends(broker: str, topics: list[str]) -> dict[tuple[str, int], int]:
    """Give the next offset of each partition."""
    consumer = _consumer(broker)
    try:
        return {
            (topic, number): consumer.get_watermark_offsets(TopicPartition(topic, number))[1]
            for topic in topics
            for number in range(PARTITIONS)
        }
    finally:
        consumer.close()


def produced(broker: str, topics: list[str], wanted: Callable[[float], bool]) -> Iterator[Produced]:
    """Read all records that are there, and give those produced when they are wanted."""
    left = {place: end for place, end in ends(broker, topics).items() if end}
    consumer = _consumer(broker)
    consumer.assign([TopicPartition(topic, number, 0) for topic, number in left])
    try:
        while left:
            messages = consumer.consume(_AT_ONCE, _WAIT_SECONDS)
            if not messages:
                raise TimeoutError(f"Kafka has more, and gives nothing: {left}")
            for one in map(_produced, messages):
                if wanted(one.at):
                    yield one
                if one.offset + 1 >= left.get((one.topic, one.partition), 0):
                    left.pop((one.topic, one.partition), None)
    finally:
        consumer.close()


def _produced(message: Message) -> Produced:
    topic, partition, offset = message.topic(), message.partition(), message.offset()
    if message.error() or topic is None or partition is None or offset is None:
        raise OSError(f"Kafka: {message.error()}")
    return Produced(topic, partition, offset, message.timestamp()[1] / 1_000)


def _consumer(broker: str) -> Consumer:
    return Consumer(
        {
            "bootstrap.servers": broker,
            "group.id": f"benchmark-{uuid4()}",
            "enable.auto.commit": False,
        }
    )
