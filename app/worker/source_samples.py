"""What the process of a source tells: its samples for /metrics, whether it lives and is ready."""

import time
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version

from agents.source_runner import SourceRunner
from telemetry import metrics
from telemetry.exposition import Sample
from telemetry.source_stats import SourceStats

_STUCK_SECONDS = 120.0


class SourceHealth:
    """Looks at the runner of a source."""

    def __init__(
        self,
        runner: SourceRunner,
        stats: SourceStats,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._runner = runner
        self._stats = stats
        self._clock = clock
        self._commits = 0
        self._moved_at = clock()

    def not_live(self) -> Sequence[str]:
        """Say so when something is read and nothing committed for long, though Kafka is there."""
        stats, now = self._stats, self._clock()
        if stats.commits != self._commits or not stats.buffered_bytes or stats.waiting:
            self._commits, self._moved_at = stats.commits, now
        if now - self._moved_at < _STUCK_SECONDS:
            return []
        return [f"nothing committed for {_STUCK_SECONDS:.0f} s, and something is read"]

    def not_ready(self) -> Sequence[str]:
        """Say which reader cannot read, and whether Kafka is away."""
        reasons = [f"{who}: {why}" for who, why in self._stats.waiting.items()]
        if not reasons and self._runner.state not in {"running", "has read all"}:
            return [self._runner.state]
        return reasons


class SourceSamples:
    """One source. Its counters are there from the beginning, at 0."""

    def __init__(
        self, name: str, role: str, stream: str, stats: SourceStats, health: SourceHealth
    ) -> None:
        self._name = name
        self._role = role
        self._stream = stream
        self._stats = stats
        self._health = health

    def __call__(self) -> Iterator[Sample]:
        stats, name = self._stats, (self._name,)
        yield metrics.INFO, (version("headrace"), self._role, ""), 1
        yield metrics.READY, (), not self._health.not_ready()
        yield metrics.SOURCE_RECORDS, (*name, self._stream), stats.records
        yield metrics.SOURCE_BYTES, name, stats.size_bytes
        yield metrics.SOURCE_COMMITS, name, stats.commits
        yield metrics.SOURCE_RECONNECTS, name, stats.reconnects
        yield metrics.SOURCE_SILENCES, name, stats.silences
        yield metrics.SOURCE_GAPS, name, stats.gaps
        yield metrics.SOURCE_FILLED, name, stats.filled
        yield metrics.SOURCE_DUPLICATES, name, stats.duplicates
        for reason, count in stats.refused.items():
            yield metrics.SOURCE_REFUSED, (*name, reason), count
        yield metrics.SOURCE_WAITING, name, len(stats.waiting)
        yield metrics.SOURCE_BUFFERED, name, stats.buffered_bytes
        yield metrics.SOURCE_LAST_EVENT, name, stats.last_event
        yield metrics.SOURCE_LAST_HEARD, name, stats.last_heard
