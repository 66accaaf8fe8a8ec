"""What a sink will never take becomes a dead letter; all others are stored, in their order."""

import pytest

from batching.topic_identity import PartitionIdentity
from models.batches import DecodedBatch
from models.records import RecordBatch
from sinks.base import Rejected
from sinks.memory import MemorySink
from tests.agents.doubles import RecordingObserver, begun, flushed, offsets, writer_to
from tests.models.records import TP, batch_of, heartbeat

GOOD, MALFORMED = heartbeat(), None
REFUSED = heartbeat(session_id="refused")


def choosy() -> MemorySink:
    sink = MemorySink()
    sink.refuses = lambda row: "refused" in row
    return sink


async def read_whole(sink: MemorySink, ear: RecordingObserver, batches: list[RecordBatch]) -> None:
    """Bring batches as the consumer does: again from the position where the writer asks for it."""
    writer = writer_to(sink, ear, flush_records=1_000)
    await begun(writer, TP)
    for batch in batches:
        await writer.accept(batch)
    await flushed(writer)
    if "read again" not in ear.told:
        return
    first = writer.begin(TP, PartitionIdentity(0))
    for batch in batches:
        if batch.start >= first:
            await writer.accept(batch)
    await flushed(writer)
    assert ear.told.count("read again") == 1
    assert writer.done_up_to() == {TP: batches[-1].end}
    assert not writer.has_work


@pytest.mark.parametrize("bad", [{0}, {4}, {9}, {0, 9}, {3, 4}, set(range(10))])
async def test_the_rest_of_a_batch_is_stored_in_order(
    ear: RecordingObserver, bad: set[int]
) -> None:
    sink = choosy()

    await read_whole(sink, ear, [batch_of([REFUSED if n in bad else GOOD for n in range(10)])])

    assert offsets(sink) == [n for n in range(10) if n not in bad]
    letters = [(letter.offset, letter.reason, letter.detail) for letter in sink.dead_letters]
    assert letters == [(n, "rejected_by_sink", "told to refuse a row") for n in sorted(bad)]
    assert [letter.payload for letter in sink.dead_letters] == [REFUSED] * len(bad)
    assert sink.stored[TP].last_offset == 9


async def test_batches_around_it_are_stored_once(ear: RecordingObserver) -> None:
    sink = choosy()
    batches = [
        batch_of([GOOD, GOOD]),
        batch_of([GOOD, REFUSED, GOOD], start=2),
        batch_of([GOOD], start=5),
    ]

    await read_whole(sink, ear, batches)

    assert offsets(sink) == [0, 1, 2, 4, 5]
    assert [letter.offset for letter in sink.dead_letters] == [3]


async def test_other_dead_letters_of_the_batch_are_published_once(ear: RecordingObserver) -> None:
    sink = choosy()

    await read_whole(sink, ear, [batch_of([MALFORMED, REFUSED, GOOD, MALFORMED])])

    assert [letter.offset for letter in sink.dead_letters] == [0, 1, 3]
    assert sorted(letter.offset for letter in ear.letters) == [0, 1, 3]


async def test_offsets_without_records_stay_no_hole(ear: RecordingObserver) -> None:
    sink = choosy()
    records = [*batch_of([GOOD, REFUSED], start=4).records, *batch_of([GOOD], start=20).records]

    await read_whole(sink, ear, [RecordBatch(TP, 0, 30, records)])

    assert offsets(sink) == [4, 20]
    assert sink.stored[TP].last_offset == 20


async def test_what_cannot_even_be_encoded_needs_no_second_reading(ear: RecordingObserver) -> None:
    class Unencodable(MemorySink):
        def encode(self, decoded: DecodedBatch, epoch: int) -> list[tuple[object, ...]]:
            rows = super().encode(decoded, epoch)
            if any("refused" in row for row in rows):
                raise Rejected("cannot be encoded")
            return rows

    sink = Unencodable()

    await read_whole(sink, ear, [batch_of([GOOD, REFUSED, GOOD]), batch_of([GOOD], start=3)])

    assert "read again" not in ear.told
    assert offsets(sink) == [0, 2, 3]
    assert [letter.detail for letter in sink.dead_letters] == ["cannot be encoded"]


async def test_a_sink_that_is_away_meanwhile_loses_nothing(ear: RecordingObserver) -> None:
    sink = choosy()

    def refuse_and_go_away(row: tuple[object, ...]) -> bool:
        sink.unavailable += "refused" in row
        return "refused" in row

    sink.refuses = refuse_and_go_away

    await read_whole(sink, ear, [batch_of([GOOD, REFUSED, GOOD])])

    assert offsets(sink) == [0, 2]
    assert [letter.offset for letter in sink.dead_letters] == [1]
    assert ear.told[-2:] != ["waiting: told to be away"]


async def test_giving_up_in_the_midst_leaves_a_position_to_go_on_from(
    ear: RecordingObserver,
) -> None:
    sink = choosy()
    writer = writer_to(sink, ear)
    await begun(writer, TP)
    await writer.accept(batch_of([GOOD, REFUSED, GOOD]))
    await writer.give_up(within_seconds=5)

    assert (offsets(sink), writer.stored()) == ([], {})
    await read_whole(sink, RecordingObserver(), [batch_of([GOOD, REFUSED, GOOD])])

    assert offsets(sink) == [0, 2]
