"""The writer: nothing twice, nothing left out, two writes deep."""

import pytest

from agents.writer import NotNextError
from batching.topic_identity import PartitionIdentity
from models.positions import Position
from models.records import RecordBatch
from sinks.base import Fenced
from sinks.memory import MemorySink
from tests.agents.doubles import (
    ForgetfulSink,
    GatedSink,
    RecordingObserver,
    begun,
    flushed,
    is_stuck,
    offsets,
    two_records,
    writer_to,
)
from tests.models.records import NOW_MILLISECONDS, TP, batch_of, heartbeat


async def test_batches_that_follow_on_are_stored_in_order(ear: RecordingObserver) -> None:
    sink = MemorySink()
    writer = writer_to(sink, ear)
    await begun(writer, TP)

    await writer.accept(two_records(0))
    await writer.accept(batch_of([heartbeat(), None, heartbeat()], start=2))
    await flushed(writer)

    assert offsets(sink) == [0, 1, 2, 4]
    assert sink.stored == {TP: Position(1, 4, NOW_MILLISECONDS, 5)}
    assert [letter.offset for letter in sink.dead_letters] == [3]
    assert ear.letters == sink.dead_letters
    assert writer.stored() == sink.stored
    assert ear.told == ["taken over 1", "accepted 2", "accepted 3", "stored 2", "stored 3"]


@pytest.mark.parametrize(
    "batch",
    [
        pytest.param(two_records(0), id="the same again"),
        pytest.param(two_records(1), id="overlapping"),
        pytest.param(two_records(3), id="behind a hole"),
        pytest.param(RecordBatch(TP, 0, 4, two_records(2).records), id="read from elsewhere"),
    ],
)
async def test_a_batch_that_does_not_follow_on_is_refused_whole(
    ear: RecordingObserver, batch: RecordBatch
) -> None:
    sink = MemorySink()
    writer = writer_to(sink, ear)
    await begun(writer, TP)
    await writer.accept(two_records(0))

    with pytest.raises(NotNextError, match="expected offset 2"):
        await writer.accept(batch)
    await writer.accept(two_records(2))
    await flushed(writer)

    assert offsets(sink) == [0, 1, 2, 3]


async def test_offsets_that_hold_no_record_are_no_hole(ear: RecordingObserver) -> None:
    sink = MemorySink()
    writer = writer_to(sink, ear)
    await begun(writer, TP)

    await writer.accept(RecordBatch(TP, 0, 7, two_records(4).records))
    await writer.accept(RecordBatch(TP, 7, 9, two_records(7).records))
    await flushed(writer)

    assert offsets(sink) == [4, 5, 7, 8]
    assert writer.done_up_to() == {TP: 9}


async def test_a_partition_may_begin_behind_what_retention_took(ear: RecordingObserver) -> None:
    writer = writer_to(MemorySink(), ear)
    await writer.take_over([TP])

    assert writer.begin(TP, PartitionIdentity(40)) == 40


async def test_a_partition_of_which_something_is_stored_begins_after_it(
    ear: RecordingObserver,
) -> None:
    sink = MemorySink()
    sink.stored[TP] = Position(1, 41, NOW_MILLISECONDS)
    writer = writer_to(sink, ear)
    await writer.take_over([TP])

    assert writer.begin(TP, PartitionIdentity(40)) == 42


async def test_a_partition_of_which_something_was_accepted_goes_on_after_it(
    ear: RecordingObserver,
) -> None:
    writer = writer_to(MemorySink(), ear)
    await begun(writer, TP)
    await writer.accept(batch_of([heartbeat()]))

    assert writer.begin(TP, PartitionIdentity(0)) == 1


async def test_a_suspended_partition_accepts_nothing_until_it_begins_again(
    ear: RecordingObserver,
) -> None:
    sink = MemorySink()
    writer = writer_to(sink, ear)
    await begun(writer, TP)
    await writer.accept(two_records(0))

    writer.suspend([TP])
    await writer.accept(two_records(2))
    again = writer.begin(TP, PartitionIdentity(0))
    await writer.accept(two_records(2))
    await flushed(writer)

    assert again == 2
    assert offsets(sink) == [0, 1, 2, 3]


async def test_nothing_is_accepted_before_a_partition_begins(ear: RecordingObserver) -> None:
    sink = MemorySink()
    writer = writer_to(sink, ear)
    await writer.take_over([TP])

    await writer.accept(two_records(0))
    await flushed(writer)

    assert sink.rows == []


async def test_at_most_two_writes_are_outstanding(ear: RecordingObserver) -> None:
    sink = GatedSink()
    writer = writer_to(sink, ear)
    await begun(writer, TP)

    await writer.accept(two_records(0))
    waiting = await is_stuck(writer.accept(two_records(2)))
    assert sink.begun == 1
    assert writer.done_up_to() == {TP: 0}
    sink.gate.set()
    await waiting
    await flushed(writer)

    assert offsets(sink) == [0, 1, 2, 3]
    assert writer.done_up_to() == {TP: 4}


async def test_an_idle_flush_leaves_a_write_that_is_under_way_alone(ear: RecordingObserver) -> None:
    sink = GatedSink()
    writer = writer_to(sink, ear)
    await begun(writer, TP)
    await writer.accept(two_records(0))
    await writer.accept(batch_of([heartbeat()], start=2))

    await writer.flush_if_idle()  # returns at once
    sink.gate.set()
    await flushed(writer)

    assert offsets(sink) == [0, 1, 2]


async def test_an_unavailable_sink_is_asked_again_and_loses_nothing(ear: RecordingObserver) -> None:
    sink = MemorySink()
    writer = writer_to(sink, ear)
    sink.unavailable = 2
    await begun(writer, TP)
    sink.unavailable = 2

    await writer.accept(two_records(0))
    await flushed(writer)

    assert offsets(sink) == [0, 1]
    assert ear.told.count("waiting: told to be away") == 4
    assert ear.told[-2:] == ["waiting: None", "stored 2"]


async def test_a_write_whose_answer_was_lost_is_not_repeated(ear: RecordingObserver) -> None:
    sink = ForgetfulSink()
    writer = writer_to(sink, ear)
    await begun(writer, TP)

    await writer.accept(two_records(0))
    await flushed(writer)
    await writer.accept(two_records(2))
    await flushed(writer)

    assert sink.answers_lost == 1
    assert offsets(sink) == [0, 1, 2, 3]
    counted = [
        rows for window, rows in ear.totals[-1].items() if window.measures[0].name == "events"
    ]
    assert len(counted) == 3
    assert all(row[0] == 4 for rows in counted for row in rows.values())


async def test_a_worker_that_was_overtaken_is_fenced(ear: RecordingObserver) -> None:
    sink = MemorySink()
    zombie, successor = writer_to(sink, ear), writer_to(sink, ear)
    await begun(zombie, TP)
    await begun(successor, TP)
    await successor.accept(batch_of([heartbeat()] * 3))
    await flushed(successor)

    await zombie.accept(two_records(0))

    with pytest.raises(Fenced):
        await flushed(zombie)
    assert offsets(sink) == [0, 1, 2]


async def test_a_write_that_another_worker_made_to_the_last_record_counts_as_made(
    ear: RecordingObserver,
) -> None:
    sink = MemorySink()
    one, other = writer_to(sink, ear), writer_to(sink, ear)
    await begun(one, TP)
    await begun(other, TP)
    await one.accept(two_records(0))
    await flushed(one)

    await other.accept(two_records(0))
    await flushed(other)

    assert offsets(sink) == [0, 1]
    assert other.stored() == one.stored()
