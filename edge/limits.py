"""How many events one key and one client may send: a burst of two seconds, then a steady rate."""

from __future__ import annotations

from math import ceil

from throttled import RateLimiterType, Throttled
from throttled.rate_limiter import per_sec
from throttled.store import MemoryStore

from edge.problems import Problem

_BURST_SECONDS = 2
_REMEMBERED = 100_000
"""Keys or clients whose last events are known; the one that was heard least lately is forgotten."""


class RateLimit:
    """One rate for many who are told apart by name, each with the whole of it."""

    def __init__(
        self, events_per_second: int, least_burst: int, remembered: int = _REMEMBERED
    ) -> None:
        """Take a rate; a burst is never less than `least_burst`, so that one body passes."""
        burst = max(events_per_second * _BURST_SECONDS, least_burst)
        self._throttled = Throttled(
            using=RateLimiterType.GCRA.value,
            quota=per_sec(events_per_second, burst),
            store=MemoryStore(options={"MAX_SIZE": remembered}),
        )

    def charge(self, name: str, events: int) -> None:
        """Count events. Raises Problem 429, and counts nothing then."""
        result = self._throttled.limit(name, cost=events)
        if result.limited:
            raise too_many(result.state.retry_after)


def too_many(seconds: float) -> Problem:
    later = str(max(1, ceil(seconds)))
    return Problem(
        429, f"more events than allowed: send this again in {later} s", ("retry-after", later)
    )
