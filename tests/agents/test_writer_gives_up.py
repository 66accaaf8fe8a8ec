"""A writer hands its partitions back: written if that is quick, dropped and read again if not."""

import asyncio

from batching.topic_identity import PartitionIdentity
from models.positions import TopicPartition
from sinks.memory import MemorySink
from tests.agents.doubles import (
    GatedSink,
    RecordingObserver,
    begun,
    flushed,
    is_stuck,
    offsets,
    two_records,
    writer_to,
)
from tests.models.records import TP, batch_of, heartbeat

OTHER = TopicPartition(TP.topic, 1)


async def test_giving_up_writes_what_is_pending_where_that_is_quick(ear: RecordingObserver) -> None:
    sink = MemorySink()
    writer = writer_to(sink, ear)
    await begun(writer, TP)
    await writer.accept(batch_of([heartbeat()]))

    await writer.give_up(within_seconds=5)

    assert offsets(sink) == [0]
    assert (writer.stored(), ear.told[-1]) == ({}, "given up")


async def test_giving_up_drops_what_cannot_be_written_in_time(ear: RecordingObserver) -> None:
    sink = GatedSink()
    writer = writer_to(sink, ear)
    await begun(writer, TP)
    await writer.accept(two_records(0))
    await writer.accept(batch_of([heartbeat()], start=2))

    await writer.give_up(within_seconds=0.01)
    sink.gate.set()
    await flushed(writer)

    assert (offsets(sink), writer.stored()) == ([], {})


async def test_whoever_waits_while_partitions_are_given_up_writes_nothing_any_more(
    ear: RecordingObserver,
) -> None:
    sink = GatedSink()
    writer = writer_to(sink, ear)
    await begun(writer, TP)
    await writer.accept(two_records(0))
    waiting = await is_stuck(writer.accept(two_records(2)))

    await writer.give_up(within_seconds=0.01)
    await waiting
    sink.gate.set()
    await flushed(writer)

    assert offsets(sink) == []


async def test_nothing_is_accepted_of_partitions_that_are_not_held(ear: RecordingObserver) -> None:
    sink = MemorySink()
    writer = writer_to(sink, ear)
    await begun(writer, TP)
    await writer.give_up(within_seconds=5)

    await writer.accept(two_records(0))
    await flushed(writer)

    assert sink.rows == []


async def test_partitions_can_be_taken_over_again_where_they_were_left(
    ear: RecordingObserver,
) -> None:
    sink = MemorySink()
    writer = writer_to(sink, ear)
    await begun(writer, TP)
    await writer.accept(two_records(0))
    await writer.give_up(within_seconds=5)

    assert await begun(writer, TP, OTHER) == [2, 0]
    assert ear.told[-1] == "taken over 2"


async def test_partitions_that_are_held_are_not_taken_over_twice(ear: RecordingObserver) -> None:
    sink = GatedSink()
    writer = writer_to(sink, ear)
    await begun(writer, TP)
    await writer.accept(two_records(0))

    await asyncio.gather(writer.take_over([TP, OTHER]), writer.take_over([OTHER]))

    assert writer.begin(TP, PartitionIdentity(0)) == 2
    assert ear.told.count("taken over 1") == 2
    sink.gate.set()
    await flushed(writer)
