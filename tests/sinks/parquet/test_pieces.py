"""Cutting: each record is in one piece, in order, and hours only go on."""

from collections.abc import Sequence

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as some

from models.batches import Part
from models.dead_letters import DeadLetter
from models.positions import ReadTo
from sinks.parquet.keys import hour_folder, hour_in, hour_of
from sinks.parquet.packed import Encoded
from sinks.parquet.pieces import Piece, cut
from tests.models.records import TP
from tests.sinks.parquet.sinks import HOUR_MS

Record = tuple[int, bool]
"""Its timestamp in milliseconds, and whether it is a dead letter."""

_RECORDS = some.lists(
    some.tuples(some.integers(-1, 5 * HOUR_MS), some.booleans()), min_size=1, max_size=40
)


def _part(records: Sequence[Record], start: int) -> Part:
    """Make a part whose records have every second offset."""
    numbered = [(start + 2 * place, *record) for place, record in enumerate(records)]
    rows = [(offset, timestamp) for offset, timestamp, is_bad in numbered if not is_bad]
    letters = [
        DeadLetter(*TP, offset, timestamp, "malformed", "", None)
        for offset, timestamp, is_bad in numbered
        if is_bad
    ]
    offsets = pa.array([offset for offset, _ in rows], pa.int64())
    last, last_timestamp, _ = numbered[-1]
    stamps = [timestamp for _, timestamp in rows]
    read_to = ReadTo(last + 1, None)
    return Part(TP, Encoded([], offsets), len(rows), letters, stamps, last, last_timestamp, read_to)


def _offsets(pieces: Sequence[Piece]) -> list[int]:
    return [
        offset for piece in pieces for rows in piece.rows for offset in rows.offsets.to_pylist()
    ]


@given(_RECORDS, some.integers(1, 40), some.one_of(some.none(), some.integers(0, 5)))
def test_each_record_is_in_one_piece(records: list[Record], length: int, hour: int | None) -> None:
    parts = [
        _part(records[begin : begin + length], 2 * begin)
        for begin in range(0, len(records), length)
    ]

    pieces = cut(parts, -1, hour)

    assert _offsets(pieces) == [2 * place for place, (_, bad) in enumerate(records) if not bad]
    hours = [piece.hour for piece in pieces]
    assert sorted(set(hours)) == hours
    assert hours[0] == max(hour_of(records[0][0]), -1 if hour is None else hour)
    ends = [-1, *(piece.last_offset for piece in pieces)]
    assert [piece.first_offset for piece in pieces] == [end + 1 for end in ends[:-1]]
    assert ends[-1] == 2 * len(records) - 2
    assert all(piece.last_timestamp == records[piece.last_offset // 2][0] for piece in pieces)


@given(_RECORDS, some.integers(1, 40), some.integers(0, 40))
def test_what_is_left_of_a_batch_is_cut_as_the_whole_was(
    records: list[Record], length: int, stored: int
) -> None:
    parts = [
        _part(records[begin : begin + length], 2 * begin)
        for begin in range(0, len(records), length)
    ]
    whole = cut(parts, -1, None)
    stored = min(stored, len(whole) - 1)
    last = whole[stored]

    left = cut(parts, last.last_offset, last.hour)

    assert [(piece.first_offset, piece.hour, piece.last_offset) for piece in left] == [
        (piece.first_offset, piece.hour, piece.last_offset) for piece in whole[stored + 1 :]
    ]
    assert _offsets(left) == _offsets(whole[stored + 1 :])


@given(some.integers(-(2**63), 2**63 - 1))
def test_any_timestamp_has_an_hour_that_can_be_named(timestamp: int) -> None:
    hour = hour_of(timestamp)
    date, name = hour_folder(hour).split("/")

    assert hour_in(date, name) == hour
    assert len(date) == len("date=2026-11-22")
