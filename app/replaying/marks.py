"""What a record of a replay says of itself: of which replay it is, and which record it was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

HEADER = "headrace.origin"
SAID = "headrace.replay"
"""Says, for people, which replay it is; the last record of a partition has it."""


class Mark(NamedTuple):
    """The record was at `offset` of the same partition, in this epoch of its topic.

    `number` counts the records of a partition in one replay, from 1 on.
    """

    replay: str
    number: int
    epoch: int
    offset: int

    @property
    def place(self) -> tuple[int, int]:
        """Give what only grows along a partition."""
        return self.epoch, self.offset


def headers_of(
    replay: str, epoch: int, numbered: Iterable[tuple[int, int]]
) -> Iterator[list[tuple[str, bytes]]]:
    """Give the headers of records of one partition, each with its number and its offset."""
    said = replay.encode()
    for number, offset in numbered:
        yield [(HEADER, b"%b %d %d %d" % (said, number, epoch, offset))]


def place_of(headers: Any, replay: bytes) -> tuple[int, int] | None:
    """Read `Mark.place` alone; None where a record is not of this replay."""
    for name, value in headers:
        if name == HEADER:
            said, _, epoch, offset = value.split(b" ")
            return (int(epoch), int(offset)) if said == replay else None
    return None


def said_in(headers: Any) -> str | None:
    """Read what a record says of its replay; None where it says nothing."""
    return next((value.decode() for name, value in headers if name == SAID), None)


def mark_of(headers: Any) -> Mark | None:
    """Read it; None where a record is of somebody else."""
    for name, value in headers:
        if name == HEADER:
            replay, number, epoch, offset = value.split(b" ")
            return Mark(replay.decode(), int(number), int(epoch), int(offset))
    return None
