"""What flows through all workers together: sums of their statuses, and rates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from app.up.worker_status import Progress, Traffic, WorkerStatus


@dataclass(frozen=True, slots=True)
class Flow:
    """All workers at one moment. Rates are None until there are two moments to compare."""

    workers: tuple[WorkerStatus, ...]
    events_in_per_second: float | None = None
    rows_stored_per_second: float | None = None

    @property
    def partitions(self) -> dict[str, Progress]:
        """By `topic-partition`, in order; one that moves shows its most advanced reader."""
        found: dict[tuple[str, int], Progress] = {}
        for worker in self.workers:
            for topic, partitions in worker.partitions.items():
                for number, progress in partitions.items():
                    key = (topic, int(number))
                    found[key] = max(found.get(key, progress), progress, key=_stored)
        return {f"{topic}-{number}": found[topic, number] for topic, number in sorted(found)}

    @property
    def lag(self) -> int:
        return sum(progress.lag for progress in self.partitions.values())

    @property
    def rows_stored(self) -> int:
        return sum(worker.rows_stored for worker in self.workers)

    @property
    def open_windows(self) -> int:
        return sum(worker.open_windows for worker in self.workers)

    @property
    def freshness_p50(self) -> float | None:
        """The slowest worker's, as quantiles do not add up."""
        return _largest(worker.freshness_seconds.p50 for worker in self.workers)

    @property
    def freshness_p99(self) -> float | None:
        return _largest(worker.freshness_seconds.p99 for worker in self.workers)

    @property
    def dead_letters(self) -> dict[str, int]:
        return dict(sum((Counter(worker.dead_letters) for worker in self.workers), Counter()))

    @property
    def traffic_by_cdn(self) -> dict[str, Traffic]:
        total: dict[str, Traffic] = {}
        for worker in self.workers:
            for cdn, traffic in worker.traffic_by_cdn.items():
                before = total.get(cdn, Traffic())
                total[cdn] = Traffic(
                    before.traffic_mbps + traffic.traffic_mbps,
                    before.concurrent_sessions + traffic.concurrent_sessions,
                )
        return dict(sorted(total.items()))


@dataclass(slots=True)
class Meter:
    """Makes rates of counters that begin anew with each worker process."""

    _at: float | None = None
    _before: Sequence[WorkerStatus | None] = ()

    def measure(self, statuses: Sequence[WorkerStatus | None], now: float) -> Flow:
        """Take the workers' statuses, always in the same order, at a time in seconds.

        None is a worker that is silent.
        """
        elapsed = None if self._at is None else now - self._at
        flow = Flow(
            tuple(status for status in statuses if status is not None),
            self._rate(statuses, lambda status: status.events_in, elapsed),
            self._rate(statuses, lambda status: status.rows_stored, elapsed),
        )
        self._at, self._before = now, tuple(statuses)
        return flow

    def _rate(
        self,
        statuses: Sequence[WorkerStatus | None],
        counter: Callable[[WorkerStatus], int],
        elapsed: float | None,
    ) -> float | None:
        if not elapsed:
            return None
        grown = 0
        for status, before in zip(statuses, self._before, strict=True):
            if status is not None and before is not None:
                restarted = counter(status) < counter(before)
                grown += counter(status) - (0 if restarted else counter(before))
        return grown / elapsed


def _stored(progress: Progress) -> int:
    return progress.stored


def _largest(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)
