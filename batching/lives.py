"""Finding out whether the topic is still the one that the positions speak of.

Positions belong to one life of one topic. The topic may have been deleted and made anew, another
cluster may stand behind the address, or retention may have taken records that nobody had stored:
each would silently miscount, so each stops the worker with what to do.
"""

from collections.abc import Mapping

import aiokafka
from aiokafka import TopicPartition as KafkaPartition

from models.positions import Position, TopicPartition

_READ_SECONDS = 10


class TopicChangedError(Exception):
    """The stored positions do not fit the topic; the message says what to do."""


async def check_lives(
    broker: str, positions: Mapping[TopicPartition, Position]
) -> dict[TopicPartition, int]:
    """Read back the last stored record of each partition; raise TopicChangedError if it differs.

    Returns the offset that each partition begins at.
    """
    # isolation_level stays read_uncommitted: the end of an open transaction is not the log's end
    consumer = aiokafka.AIOKafkaConsumer(bootstrap_servers=broker, enable_auto_commit=False)
    await consumer.start()
    try:
        partitions = [KafkaPartition(*tp) for tp in positions]
        consumer.assign(partitions)
        first = await consumer.beginning_offsets(partitions)
        end = await consumer.end_offsets(partitions)
        for tp, held in positions.items():
            partition = KafkaPartition(*tp)
            if held.last_offset >= 0:
                _check_range(tp, held, first[partition], end[partition])
            if held.last_offset >= first[partition]:
                await _check_record(consumer, tp, held)
        return {tp: first[KafkaPartition(*tp)] for tp in positions}
    finally:
        await consumer.stop()


def _check_range(tp: TopicPartition, held: Position, first: int, end: int) -> None:
    if held.last_offset >= end:
        raise TopicChangedError(
            f"{_name(tp)} ends at offset {end}, but records up to {held.last_offset} are stored: "
            f"it was made anew, or HEADRACE_BROKER is another cluster. {_advice(tp)}"
        )
    if first > held.last_offset + 1:
        raise TopicChangedError(
            f"{_name(tp)} begins at offset {first}, but only records up to {held.last_offset} are "
            f"stored: retention took {first - held.last_offset - 1} records that were never read. "
            f"They are lost. {_advice(tp)}"
        )


async def _check_record(
    consumer: aiokafka.AIOKafkaConsumer, tp: TopicPartition, held: Position
) -> None:
    partition = KafkaPartition(*tp)
    consumer.seek(partition, held.last_offset)
    found = await consumer.getmany(partition, timeout_ms=_READ_SECONDS * 1_000, max_records=1)
    # none, or a later one: that offset was compacted away, and nothing can be compared
    for record in found.get(partition, [])[:1]:
        if record.offset == held.last_offset and record.timestamp != held.last_timestamp:
            raise TopicChangedError(
                f"the record at offset {held.last_offset} of {_name(tp)} is not the one that was "
                f"stored: the topic was made anew, or HEADRACE_BROKER is another cluster. "
                f"{_advice(tp)}"
            )


def _name(tp: TopicPartition) -> str:
    return f"topic {tp.topic}, partition {tp.partition},"


def _advice(tp: TopicPartition) -> str:
    return (
        f"To keep everything stored so far and count on from the topic's first record: stop all "
        f"workers, run 'headrace epoch new {tp.topic}', start them again."
    )
