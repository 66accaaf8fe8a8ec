"""Windows as seen from now: what happened of late, and which windows are over."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

_AT_LEAST_SECONDS = 60
"""Shorter says little: a player sends a heartbeat every ten seconds or more."""

_SHOWN_WITHIN = timedelta(seconds=2)
"""How long an event takes into the live tables: stored in half a second, shown within one more."""


@dataclass(frozen=True, slots=True)
class Recent:
    """The last minute of windows of `length` seconds; of longer ones, as long as one of them.

    Where it begins within a window, that window's part in it is taken by time, as if its events
    had come evenly. So a sum over it neither starts anew nor jumps where a window ends, and is
    exact where the traffic is steady. It ends two seconds ago, when all that had happened is shown.
    """

    length: int
    now: datetime

    @property
    def seconds(self) -> int:
        """How long it is: whole windows."""
        return -(-_AT_LEAST_SECONDS // self.length) * self.length

    def part(self, start: datetime) -> float:
        """Give the part, 0 to 1, of the window that begins at `start`; an open one is whole."""
        end = self.now - _SHOWN_WITHIN
        inside = start + timedelta(seconds=self.length + self.seconds) - end
        return 0.0 if start > end else min(max(inside.total_seconds() / self.length, 0.0), 1.0)

    def is_open(self, start: datetime) -> bool:
        return start + timedelta(seconds=self.length) > self.now


def last_whole(length: int, before: datetime) -> Iterator[datetime]:
    """Give the starts of the last windows that were over at `before`: a minute of them, or one."""
    step = timedelta(seconds=length)
    end = datetime.fromtimestamp(before.timestamp() // length * length, before.tzinfo)
    for nth in range(1, max(_AT_LEAST_SECONDS // length, 1) + 1):
        yield end - nth * step
