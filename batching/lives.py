"""Finding out whether the topic is still the one that the positions speak of.

Positions belong to one life of one topic. The topic may have been deleted and made anew, another
cluster may stand behind the address, or retention may have taken records that nobody had stored:
each would silently miscount, so each stops the worker with what to do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import aiokafka
from aiokafka import TopicPartition as KafkaPartition
from aiokafka.errors import KafkaTimeoutError

from batching.topics import count_partitions
from models.positions import Position, TopicPartition

_READ_MILLISECONDS = 10_000
_FETCH_BYTES = 65_536  # one record of each partition is wanted; a batch comes whole all the same


class TopicChangedError(Exception):
    """The stored positions do not fit the topic; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Life:
    """What a partition looks like beside its position.

    `first` is the offset that it begins at. "anew": it is not the topic that was stored; "lost": it
    is, but records after the position are gone. `why` says how that is known.
    """

    first: int
    verdict: Literal["same", "anew", "lost"] = "same"
    why: str = ""


async def check_lives(
    broker: str, positions: Mapping[TopicPartition, Position]
) -> dict[TopicPartition, int]:
    """Return the offset that each partition begins at; TopicChangedError where it does not fit."""
    lives = await look(broker, positions)
    for tp, life in lives.items():
        if life.verdict != "same":
            raise TopicChangedError(
                f"topic {tp.topic}, partition {tp.partition}: {life.why}. To keep what is stored "
                f"and count on with what is in the topic now: stop all workers, run "
                f"'headrace epoch new {tp.topic}', start them again."
            )
    return {tp: life.first for tp, life in lives.items()}


async def look(
    broker: str, positions: Mapping[TopicPartition, Position]
) -> dict[TopicPartition, Life]:
    """Compare each position with the partition as it is now. Raises KafkaError."""
    # isolation_level stays read_uncommitted: the end of an open transaction is not the log's end
    counts = await count_partitions(broker, {tp.topic for tp in positions})
    there = {tp: KafkaPartition(*tp) for tp in positions if tp.partition < counts[tp.topic]}
    lives = {tp: Life(0, "anew", "it is not there") for tp in positions}
    if there:  # a consumer to which no partition was assigned never stops
        lives |= await _compare(broker, positions, there)
    return lives


async def _compare(
    broker: str,
    positions: Mapping[TopicPartition, Position],
    there: Mapping[TopicPartition, KafkaPartition],
) -> dict[TopicPartition, Life]:
    consumer = aiokafka.AIOKafkaConsumer(
        bootstrap_servers=broker,
        enable_auto_commit=False,
        auto_offset_reset="none",  # made anew meanwhile: an error, not a look elsewhere
        max_partition_fetch_bytes=_FETCH_BYTES,
    )
    await consumer.start()
    try:
        consumer.assign(list(there.values()))
        first = await consumer.beginning_offsets(list(there.values()))
        end = await consumer.end_offsets(list(there.values()))
        for tp, partition in there.items():  # all before the first is read: one fetch brings them
            if first[partition] <= positions[tp].last_offset < end[partition]:
                consumer.seek(partition, positions[tp].last_offset)
        return {
            tp: await _life(consumer, tp, positions[tp], first[partition], end[partition])
            for tp, partition in there.items()
        }
    finally:
        await consumer.stop()


async def _life(
    consumer: aiokafka.AIOKafkaConsumer,
    tp: TopicPartition,
    held: Position,
    first: int,
    end: int,
) -> Life:
    if held.last_offset < 0:
        return Life(first)
    if held.last_offset >= end:
        why = (
            f"it ends at offset {end}, but records up to {held.last_offset} are stored: it was "
            "made anew, or HEADRACE_BROKER is another cluster"
        )
        return Life(first, "anew", why)
    if held.last_offset < first - 1:
        why = (
            f"it begins at offset {first}, but only records up to {held.last_offset} are stored: "
            f"retention took {first - held.last_offset - 1} records that were never read"
        )
        return Life(first, "lost", why)
    if held.last_offset < first or await _is_there(consumer, tp, held):
        return Life(first)
    why = (
        f"the record at offset {held.last_offset} is not the one that was stored: it was made "
        "anew, or HEADRACE_BROKER is another cluster"
    )
    return Life(first, "anew", why)


async def _is_there(
    consumer: aiokafka.AIOKafkaConsumer, tp: TopicPartition, held: Position
) -> bool:
    partition = KafkaPartition(*tp)
    found = await consumer.getmany(partition, timeout_ms=_READ_MILLISECONDS, max_records=1)
    record = next(iter(found.get(partition, ())), None)
    if record is None and await consumer.position(partition) == held.last_offset:
        raise KafkaTimeoutError(f"{tp} was not read back in time")
    # none, or a later one: that offset was compacted away, and nothing can be compared
    return (
        record is None
        or record.offset != held.last_offset
        or record.timestamp == held.last_timestamp
    )
