"""Bodies that take long to read: in slices, one body after the other, and not too many waiting.

A megabyte of what only http-sf can read takes seconds. If all that come at once had a slice in each
turn, the turns of everybody else would be as far apart as there are such bodies.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from time import monotonic

from edge.cmcd.lines import Line
from edge.problems import try_later

_SLICE_SECONDS = 0.005
_HELD_BYTES = 64 * 2**20
_HELD_SECONDS = 5


class Slices:
    """Reads `seconds` of a body before other requests have their turn.

    Most bodies are read by then. Of the others one is read at a time, and at most `held` bytes of
    bodies wait for that.
    """

    def __init__(self, seconds: float = _SLICE_SECONDS, held: int = _HELD_BYTES) -> None:
        self._seconds = seconds
        self._may_hold = held
        self._held = 0
        self._turn = asyncio.Lock()

    async def read(self, reading: Iterator[Line], size: int) -> list[Line]:
        """Give all lines of a body of so many bytes. Raises Problem 503."""
        found: list[Line] = []
        if self._is_read(reading, found):
            return found
        if self._held + size > self._may_hold:
            raise try_later(_HELD_SECONDS, "too many bodies that take long to read come at once")
        self._held += size
        try:
            async with self._turn:
                is_read = False
                while not is_read:
                    await asyncio.sleep(0)
                    is_read = self._is_read(reading, found)
        finally:
            self._held -= size
        return found

    def _is_read(self, reading: Iterator[Line], found: list[Line]) -> bool:
        """Read a slice; say whether it was the last one."""
        until = monotonic() + self._seconds
        for line in reading:
            found.append(line)
            if monotonic() >= until:
                return False
        return True
