"""Cutting what one write stores of a partition into objects: one for each hour."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from models.batches import Part
from sinks.parquet.keys import hour_of
from sinks.parquet.packed import Rows


@dataclass(slots=True)
class Piece:
    """What becomes one object. `first_offset` follows on what is stored before it."""

    first_offset: int
    hour: int
    last_offset: int = -1
    last_timestamp: int | None = None
    rows: list[Rows] = field(default_factory=list)


class _Run(NamedTuple):
    """Records of one part that follow on one another and go into the same hour."""

    hour: int
    last_offset: int
    last_timestamp: int | None


def cut(parts: Iterable[Part], after: int, hour: int | None) -> list[Piece]:
    """Cut the records behind offset `after`; `hour` is that of the object before, if any.

    An hour is that of an object's first record, but never an earlier one than the object before
    has: so the newest hour holds the newest object, and to find it takes no look at the others.
    """
    pieces: list[Piece] = []
    for part in parts:
        for run in _runs(part, after, hour):
            if not pieces or run.hour != pieces[-1].hour:
                pieces.append(Piece(after + 1, run.hour))
            piece = pieces[-1]
            piece.rows.append(_between(part.rows, after, run.last_offset))
            piece.last_offset, piece.last_timestamp = run.last_offset, run.last_timestamp
            after, hour = run.last_offset, run.hour
    return pieces


def _runs(part: Part, after: int, hour: int | None) -> Iterator[_Run]:
    if part.last_offset <= after:
        return
    if hour is not None and hour_of(_latest(part)) <= hour:
        yield _Run(hour, part.last_offset, part.last_timestamp)
        return
    run = None
    for offset, timestamp in _records(part):
        if offset <= after:
            continue
        its_hour = max(hour_of(timestamp), hour if hour is not None else hour_of(timestamp))
        if run is not None and its_hour != run.hour:
            yield run
        run = _Run(its_hour, offset, timestamp)
        hour = its_hour
    if run is not None:
        yield run


def _latest(part: Part) -> int:
    letters = (letter.timestamp for letter in part.dead_letters)
    return max(max(part.timestamps, default=-1), max(letters, default=-1))


def _records(part: Part) -> Sequence[tuple[int, int]]:
    """Give (offset, timestamp) of rows and dead letters, in the order of their offsets."""
    rows = zip(part.rows.offsets.to_pylist(), part.timestamps, strict=True)
    letters = ((letter.offset, letter.timestamp) for letter in part.dead_letters)
    return sorted([*rows, *letters])


def _between(rows: Rows, after: int, last: int) -> Rows:
    offsets = rows.offsets
    if not len(offsets) or (offsets[0].as_py() > after and offsets[-1].as_py() <= last):
        return rows
    listed = offsets.to_pylist()
    return rows.slice(bisect_right(listed, after), bisect_right(listed, last))
