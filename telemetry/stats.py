"""What a worker has done since it started. Counters only go up; a restart begins at 0."""

import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from math import ceil

from telemetry.buckets import Buckets
from telemetry.metrics import BATCH_RECORDS, FRESHNESS, SINK_WRITE
from telemetry.worker_status import Unheld

_STRIDE = 16
"""One record in so many is looked at for freshness."""

_BUCKET_STRIDE = 4
"""One in so many of those goes into the histogram, for all time: one record in 64."""

_SPAN_SECONDS = 10.0


class Freshness:
    """Ages of records (produced to visible in the database).

    Quantiles are of the last ten seconds, `buckets` of all the time, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._samples: deque[tuple[float, list[int]]] = deque()
        self.buckets = Buckets(FRESHNESS.buckets)

    def add(self, timestamps: Sequence[int], now: int) -> None:
        """Take in the timestamps of records that became visible at `now`; both milliseconds."""
        ages = [now - stamp for stamp in timestamps[::_STRIDE]]
        self._samples.append((self._clock(), ages))
        self.buckets.add([age / 1_000 for age in ages[::_BUCKET_STRIDE]])
        self._forget()

    def quantiles(self) -> dict[str, float | None]:
        """Give p50 and p99 in seconds, None while nothing came."""
        self._forget()
        ages = sorted(age for _, sample in self._samples for age in sample)
        return {f"p{percent}": _quantile(ages, percent) for percent in (50, 99)}

    def _forget(self) -> None:
        oldest = self._clock() - _SPAN_SECONDS
        while self._samples and self._samples[0][0] < oldest:
            self._samples.popleft()


class SinkStats:
    """What calls to a sink took, and how they failed."""

    def __init__(self) -> None:
        self.write_seconds = Buckets(SINK_WRITE.buckets)
        self.errors = 0
        self.last_error = ""
        """The driver's class."""
        self.last_error_at = 0.0
        """Seconds since 1970; 0 for never."""


class StreamStats:
    """Counters of one stream in one worker."""

    def __init__(self) -> None:
        self.events_in = 0
        self.rows_stored = 0
        self.bytes_stored = 0
        """Of records, as they were in Kafka."""
        self.stored_at: float | None = None
        """When a write was last seen to be durable, seconds since 1970."""
        self.dead_letters: Counter[str] = Counter()
        self.flushes = 0
        self.batch_records = Buckets(BATCH_RECORDS.buckets)
        self.freshness = Freshness()
        self.waiting_for: str | None = None
        self.topic_partitions = 0
        """How many the topic has; 0 while that is not known."""
        self.unheld: Mapping[int, Unheld] = {}
        """Partitions of the topic that nobody stores."""
        self.progressed_at = time.monotonic()
        """When records were last accepted, stored, taken over or given up."""


def _quantile(ages: Sequence[int], percent: int) -> float | None:
    if not ages:
        return None
    return ages[ceil(len(ages) * percent / 100) - 1] / 1_000
