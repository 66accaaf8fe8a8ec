"""What a writer knows of a partition beside its place: how far it was read, of which topic."""

from dataclasses import replace
from uuid import UUID

from batching.topic_identity import PartitionIdentity
from models.positions import Position, ReadTo
from models.records import RecordBatch
from sinks.memory import MemorySink
from tests.agents.doubles import (
    GatedSink,
    RecordingObserver,
    begun,
    flushed,
    two_records,
    writer_to,
)
from tests.models.records import NOW_MILLISECONDS, TP

TOPIC = UUID(int=7)


def of_leader(epoch: int, batch: RecordBatch) -> RecordBatch:
    return replace(batch, leader_epoch=epoch)


async def test_a_batch_of_a_later_leader_asks_for_what_was_read_before_it(
    ear: RecordingObserver,
) -> None:
    writer = writer_to(MemorySink(), ear)
    await begun(writer, TP)
    await writer.accept(of_leader(3, two_records(0)))

    assert writer.unconfirmed(of_leader(3, two_records(2))) is None
    assert writer.unconfirmed(of_leader(4, two_records(2))) == ReadTo(2, 3)
    await writer.accept(of_leader(4, two_records(2)))
    assert writer.unconfirmed(of_leader(4, two_records(4))) is None


async def test_what_is_not_accepted_anyway_asks_for_nothing(ear: RecordingObserver) -> None:
    writer = writer_to(MemorySink(), ear)
    await begun(writer, TP)
    await writer.accept(of_leader(3, two_records(0)))

    assert writer.unconfirmed(of_leader(4, two_records(7))) is None
    writer.suspend([TP])
    assert writer.unconfirmed(of_leader(4, two_records(2))) is None


async def test_a_position_that_is_taken_over_asks_too(ear: RecordingObserver) -> None:
    sink = MemorySink()
    sink.stored[TP] = Position(1, 9, NOW_MILLISECONDS, 12, 3)
    writer = writer_to(sink, ear)
    assert await begun(writer, TP) == [12]

    assert writer.unconfirmed(of_leader(4, two_records(12))) == ReadTo(12, 3)


async def test_what_was_passed_over_is_stored_without_a_record(ear: RecordingObserver) -> None:
    sink = MemorySink()
    writer = writer_to(sink, ear)
    await begun(writer, TP)
    await writer.accept(two_records(0))
    await flushed(writer)

    writer.skip(TP, ReadTo(8, 3))
    await flushed(writer)
    stored = sink.stored[TP]
    await writer.accept(replace(two_records(8), start=2))  # as the consumer goes on
    await flushed(writer)

    assert stored == Position(1, 1, NOW_MILLISECONDS, 8, 3)
    assert sink.stored[TP].last_offset == 9
    assert "waiting" not in " ".join(ear.told)


async def test_what_was_passed_over_is_not_read_again(ear: RecordingObserver) -> None:
    writer = writer_to(MemorySink(), ear)
    await begun(writer, TP)
    await writer.accept(two_records(0))
    await flushed(writer)
    writer.skip(TP, ReadTo(8, 3))
    await flushed(writer)

    assert writer.begin(TP, PartitionIdentity(8)) == 8


async def test_what_was_passed_over_is_told_again_when_the_sink_is_back(
    ear: RecordingObserver,
) -> None:
    sink = MemorySink()
    writer = writer_to(sink, ear)
    await begun(writer, TP)
    await writer.accept(two_records(0))
    await flushed(writer)

    sink.unavailable = 1
    writer.skip(TP, ReadTo(8, 3))
    await flushed(writer)
    assert sink.stored[TP].next_offset == 2
    await flushed(writer)

    assert sink.stored[TP].next_offset == 8


async def test_what_was_passed_over_while_records_are_written_yields_to_them(
    ear: RecordingObserver,
) -> None:
    sink = GatedSink()
    writer = writer_to(sink, ear)
    await begun(writer, TP)
    sink.gate.set()
    await writer.accept(two_records(0))
    await flushed(writer)
    writer.skip(TP, ReadTo(3, 3))
    await writer.accept(two_records(2))
    await flushed(writer)
    await flushed(writer)

    assert sink.stored[TP] == Position(1, 3, NOW_MILLISECONDS, 4)


async def test_the_topics_id_is_learned_once_and_stays(ear: RecordingObserver) -> None:
    sink = MemorySink()
    writer = writer_to(sink, ear)
    await writer.take_over([TP])
    writer.begin(TP, PartitionIdentity(0, topic_id=TOPIC))
    await flushed(writer)
    learned = sink.stored[TP]

    await writer.accept(two_records(0))
    await flushed(writer)

    assert learned == Position(1, -1, None, topic_id=TOPIC)
    assert sink.stored[TP] == Position(1, 1, NOW_MILLISECONDS, 2, None, TOPIC)


async def test_it_is_read_on_from_where_the_log_is_what_was_read(ear: RecordingObserver) -> None:
    sink = MemorySink()
    sink.stored[TP] = Position(1, 9, NOW_MILLISECONDS, 12, 3)
    writer = writer_to(sink, ear)
    await writer.take_over([TP])

    assert writer.begin(TP, PartitionIdentity(0, same_to=ReadTo(11, 3))) == 11


async def test_a_new_sink_begins_at_the_end_and_a_partition_added_later_at_its_begin(
    ear: RecordingObserver,
) -> None:
    sink, there = MemorySink(), PartitionIdentity(first=5, end=50)
    added = TP._replace(partition=TP.partition + 1)
    writer = writer_to(sink, ear, begins_at_end=True)
    await writer.take_over([TP])
    assert writer.begin(TP, there) == 50
    await writer.keep_beginnings([TP])
    await writer.accept(two_records(50))
    await flushed(writer)

    # nothing of it was there when the sink was new
    await writer.take_over([TP, added])
    in_the_same_worker = writer.begin(added, there)
    of_another = writer_to(sink, ear, begins_at_end=True)
    await of_another.take_over([added])

    assert in_the_same_worker == 5
    assert of_another.begin(added, there) == 5


async def test_all_partitions_of_a_new_sink_begin_at_the_end(ear: RecordingObserver) -> None:
    there, other = PartitionIdentity(first=5, end=50), TP._replace(partition=TP.partition + 1)
    writer = writer_to(MemorySink(), ear, begins_at_end=True)
    await writer.take_over([TP, other])

    assert [writer.begin(tp, there) for tp in (TP, other)] == [50, 50]
