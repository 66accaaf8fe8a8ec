"""When events are due: plain arithmetic, so that portions of any size give the same."""

from collections.abc import Iterator

from generator.profiles import Profile
from generator.times import SECOND

_GOLDEN = 0.6180339887498949
"""Multiples of it, modulo 1, are as evenly spread as can be, however many there are."""


class Schedule:
    """`places` that take turns, evenly spread over `period` milliseconds, for ever.

    Place p of n has its turn at `start + p * period / n` and every period after that. There are
    enough places for the busiest time of the profile; at others some are closed.
    """

    def __init__(
        self, *, events_per_second: float, start: int, profile: Profile, period: int
    ) -> None:
        most = events_per_second * profile.most
        self.places = max(1, round(most * period / SECOND))
        self._start = start
        self._period = period
        self._profile = profile
        self._flat = profile.most == 1
        self._done = 0
        self._second = -1
        self._share = 1.0

    def due(self, time: int) -> int:
        """Count the turns up to and including `time` that were not taken yet."""
        elapsed = time - self._start + 1
        return max(0, -(-elapsed * self.places // self._period) - self._done)

    def take(self, turns: int) -> Iterator[tuple[int, int]]:
        """Take the next turns; give those of open places, as (time, place)."""
        places, period, start, flat = self.places, self._period, self._start, self._flat
        for turn in range(self._done, self._done + turns):
            self._done = turn + 1
            time, place = start + turn * period // places, turn % places
            if flat or self._is_open(place, time):
                yield time, place

    def _is_open(self, place: int, time: int) -> bool:
        second = time // SECOND
        if second != self._second:
            self._second = second
            self._share = self._profile.factor(second * SECOND) / self._profile.most
        return place * _GOLDEN % 1 < self._share
