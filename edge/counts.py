"""What an edge's process has done, for /metrics."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

from edge.judging import Judged
from telemetry import metrics
from telemetry.buckets import Buckets
from telemetry.exposition import Sample


class Counts:
    """Counters of one process; they begin at 0 with it."""

    def __init__(self, streams: list[str]) -> None:
        self._accepted: Counter[str] = Counter(dict.fromkeys(streams, 0))
        self._refused: Counter[tuple[str, str]] = Counter()
        self._requests: Counter[tuple[str, int]] = Counter()
        self._bytes = 0
        self._seconds: defaultdict[str, Buckets] = defaultdict(
            lambda: Buckets(metrics.EDGE_SECONDS.buckets)
        )

    def delivered(self, stream: str, judged: Judged) -> None:
        """Count the events of a request that Kafka has."""
        self._accepted[stream] += len(judged.good)
        for refusal in judged.refused:
            self._refused[stream, refusal.reason] += 1

    def answered(self, route: str, status: int, seconds: float) -> None:
        """Count an answer; `route` is the path as it was declared."""
        self._requests[route, status] += 1
        self._seconds[route].add((seconds,))

    def samples(
        self, pending_bytes: Callable[[], int], is_ready: Callable[[], bool]
    ) -> Callable[[], Iterator[Sample]]:
        """Give what reads all counters off."""

        def read() -> Iterator[Sample]:
            yield metrics.READY, (), is_ready()
            yield metrics.EDGE_PENDING, (), pending_bytes()
            for stream, count in self._accepted.items():
                yield metrics.EDGE_ACCEPTED, (stream,), count
            for (stream, reason), count in self._refused.items():
                yield metrics.EDGE_REFUSED, (stream, reason), count
            for (route, status), count in self._requests.items():
                yield metrics.EDGE_REQUESTS, (route, str(status)), count
            for route, buckets in self._seconds.items():
                yield metrics.EDGE_SECONDS, (route,), buckets

        return read
