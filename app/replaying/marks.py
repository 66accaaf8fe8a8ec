"""What a record of a replay says of itself: of which replay it is, and which record it was."""

from __future__ import annotations

from typing import Any, NamedTuple

HEADER = "headrace.origin"


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

    def headers(self) -> list[tuple[str, bytes]]:
        said = f"{self.replay} {self.number} {self.epoch} {self.offset}"
        return [(HEADER, said.encode())]


def mark_of(headers: Any) -> Mark | None:
    """Read it; None where a record is of somebody else."""
    for name, value in headers:
        if name == HEADER:
            replay, *numbers = value.decode().split(" ")
            return Mark(replay, *map(int, numbers))
    return None
