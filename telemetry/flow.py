"""What flows through all workers together: sums of their statuses, and rates."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from telemetry.worker_status import Headline, Progress, StreamStatus, Traffic, Unheld, WorkerStatus


@dataclass(frozen=True, slots=True)
class StreamFlow:
    """One stream in all workers. Rates are None until there are two moments to compare."""

    name: str
    statuses: tuple[StreamStatus, ...]
    partitions: Mapping[int, Progress]
    events_in_per_second: float | None = None
    rows_stored_per_second: float | None = None

    @property
    def lag(self) -> int:
        """Records to store in all partitions: also in those that nobody stores."""
        unheld = self.unheld
        held = (one.lag for number, one in self.partitions.items() if number not in unheld)
        return sum(held) + sum(one.lag for one in unheld.values())

    @property
    def topic_partitions(self) -> int:
        """How many partitions the topic has, as far as workers know it."""
        known = max((status.topic_partitions for status in self.statuses), default=0)
        return max(known, len({*self.partitions, *self.unheld}))

    @property
    def unheld(self) -> Mapping[int, Unheld]:
        """Partitions that nobody stores, as the other workers say.

        Whoever holds one may answer and say what it waits for; how far the log has grown it no
        longer knows, as what it has read already fills its memory.
        """
        return {
            int(number): one for status in self.statuses for number, one in status.unheld.items()
        }

    @property
    def rows_stored(self) -> int:
        return sum(status.rows_stored for status in self.statuses)

    @property
    def open_windows(self) -> int:
        return sum(status.open_windows for status in self.statuses)

    @property
    def freshness_p50(self) -> float | None:
        """The slowest worker's, as quantiles do not add up."""
        return _largest(status.freshness_seconds.p50 for status in self.statuses)

    @property
    def freshness_p99(self) -> float | None:
        return _largest(status.freshness_seconds.p99 for status in self.statuses)

    @property
    def dead_letters(self) -> dict[str, int]:
        return dict(sum((Counter(status.dead_letters) for status in self.statuses), Counter()))

    @property
    def headline(self) -> str:
        """What the stream says, "" while there is nothing of late."""
        return _headline([status.headline for status in self.statuses if status.headline])


@dataclass(frozen=True, slots=True)
class Flow:
    """All workers at one moment."""

    workers: tuple[WorkerStatus, ...] = ()
    streams: tuple[StreamFlow, ...] = ()

    @property
    def events_in_per_second(self) -> float | None:
        return _sum(stream.events_in_per_second for stream in self.streams)

    @property
    def rows_stored_per_second(self) -> float | None:
        return _sum(stream.rows_stored_per_second for stream in self.streams)

    @property
    def lag(self) -> int:
        return sum(stream.lag for stream in self.streams)

    @property
    def rows_stored(self) -> int:
        return sum(stream.rows_stored for stream in self.streams)

    @property
    def open_windows(self) -> int:
        return sum(stream.open_windows for stream in self.streams)

    @property
    def freshness_p50(self) -> float | None:
        return _largest(stream.freshness_p50 for stream in self.streams)

    @property
    def freshness_p99(self) -> float | None:
        return _largest(stream.freshness_p99 for stream in self.streams)

    @property
    def dead_letters(self) -> dict[str, int]:
        return dict(sum((Counter(stream.dead_letters) for stream in self.streams), Counter()))

    @property
    def rejected(self) -> int:
        """Records that the sink refused for good."""
        return self.dead_letters.get("rejected_by_sink", 0)

    @property
    def partitions(self) -> int:
        """How many are held."""
        return sum(len(stream.partitions) for stream in self.streams)

    @property
    def stored_at(self) -> float | None:
        """When a write was last durable, in seconds since 1970."""
        return _largest(status.stored_at for stream in self.streams for status in stream.statuses)

    @property
    def waiting_for(self) -> str | None:
        """What a worker waits for, the first that does."""
        return next((one.waiting_for for one in self.workers if one.waiting_for), None)

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

    @property
    def traffic_seconds(self) -> int:
        """Over how long the traffic is a mean; the longest where workers differ, on a change."""
        return max((worker.traffic_seconds for worker in self.workers), default=0)


def told_unheld(unheld: Collection[Unheld], topic_partitions: int) -> str:
    """Say how many partitions of a topic nobody stores and whom Kafka gave them, "" if none."""
    if not unheld:
        return ""
    are = "is" if len(unheld) == 1 else "are"
    holders = ", ".join(sorted({one.holder for one in unheld if one.holder}))
    lag = sum(one.lag for one in unheld)
    return (
        f"{len(unheld)} of {topic_partitions} partitions {are} held by nobody who stores them, "
        f"lag {lag:,}" + (f" (Kafka gave them to {holders})" if holders else "")
    )


def unheld_of(streams: Iterable[StreamFlow]) -> str:
    """Say in a sentence which streams have partitions that nobody stores, "" if there are none."""
    some = [stream for stream in streams if stream.unheld]
    if not some:
        return ""
    told = told_unheld(
        [one for stream in some for one in stream.unheld.values()],
        sum(stream.topic_partitions for stream in some),
    )
    return f"{', '.join(stream.name for stream in some)}: {told}"


Statuses = Sequence[WorkerStatus | None]
"""Of all workers, always in the same order; None is a worker that is silent."""


@dataclass(slots=True)
class Meter:
    """Makes rates of counters that begin anew with each worker process."""

    _at: float | None = None
    _before: Statuses = field(default=())

    def measure(self, statuses: Statuses, now: float) -> Flow:
        """Take the workers' statuses at a time in seconds."""
        elapsed = None if self._at is None else now - self._at
        workers = tuple(status for status in statuses if status is not None)
        names = dict.fromkeys(name for worker in workers for name in worker.streams)
        streams = tuple(self._stream(name, statuses, elapsed) for name in names)
        self._at, self._before = now, tuple(statuses)
        return Flow(workers, streams)

    def _stream(self, name: str, statuses: Statuses, elapsed: float | None) -> StreamFlow:
        found = [worker.streams.get(name) if worker else None for worker in statuses]
        before = [worker.streams.get(name) if worker else None for worker in self._before]
        there = tuple(status for status in found if status is not None)
        return StreamFlow(
            name,
            there,
            _partitions(there[0].topic, statuses),
            _rate(found, before, lambda status: status.events_in, elapsed),
            _rate(found, before, lambda status: status.rows_stored, elapsed),
        )


def _rate(
    statuses: Sequence[StreamStatus | None],
    earlier: Sequence[StreamStatus | None],
    counter: Callable[[StreamStatus], int],
    elapsed: float | None,
) -> float | None:
    if not elapsed:
        return None
    grown = 0
    for status, before in zip(statuses, earlier, strict=True):
        if status is not None and before is not None:
            restarted = counter(status) < counter(before)
            grown += counter(status) - (0 if restarted else counter(before))
    return grown / elapsed


def _partitions(topic: str, statuses: Statuses) -> dict[int, Progress]:
    """Give a topic's partitions in order; one that moves shows its most advanced reader."""
    found: dict[int, Progress] = {}
    for worker in statuses:
        for number, progress in (worker.partitions.get(topic, {}) if worker else {}).items():
            held = found.get(int(number), progress)
            found[int(number)] = max(held, progress, key=lambda one: one.stored)
    return dict(sorted(found.items()))


def _headline(parts: Sequence[Headline]) -> str:
    weights: defaultdict[str, float] = defaultdict(float)
    shown: defaultdict[str, float] = defaultdict(float)
    for part in parts:
        for key, (weight, value) in part.keys.items():
            weights[key] += weight
            shown[key] = shown[key] + value if part.adds_up else value
    if not weights:
        return ""
    key = max(weights, key=lambda one: weights[one])
    return parts[0].text.format(key=key, value=shown[key])


def _sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _largest(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)
