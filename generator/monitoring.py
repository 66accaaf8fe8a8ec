"""What the generator tells about itself: /metrics, /livez and /readyz."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version

from generator.records import Outcome
from generator.truth import Truth
from models.dead_letters import REASONS
from telemetry import metrics
from telemetry.exposition import Exposition, Sample
from telemetry.server import MonitoringServer

_SILENT_SECONDS = 30.0
_ROLE = "generator"


class Watched:
    """A truth, and when the broker last acknowledged a record of it."""

    def __init__(self, truth: Truth, clock: Callable[[], float] = time.monotonic) -> None:
        self.truth = truth
        self.acknowledged_at = float("-inf")
        self._clock = clock

    def add(self, outcomes: Iterable[Outcome]) -> None:
        self.truth.add(outcomes)
        self.acknowledged_at = self._clock()


class GeneratorMonitor:
    """Looks at every stream's truth. `rate` is in events a second, 0 as fast as possible."""

    def __init__(
        self,
        streams: Mapping[str, Watched],
        rate: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._streams = streams
        self._rate = rate
        self._clock = clock

    @property
    def truths(self) -> Mapping[str, Truth]:
        return {stream: watched.truth for stream, watched in self._streams.items()}

    def server(self, host: str, port: int) -> MonitoringServer:
        """Build the server; port 0 is none at all."""
        exposition = Exposition(metrics.GENERATOR, [self.samples], _ROLE)
        return MonitoringServer(host, port, exposition, self)

    def not_live(self) -> Sequence[str]:
        """Give nothing: an event loop that stands still does not answer at all."""
        return []

    def not_ready(self) -> Sequence[str]:
        """Say so when the broker takes nothing."""
        last = max(watched.acknowledged_at for watched in self._streams.values())
        if self._clock() - last < _SILENT_SECONDS:
            return []
        return [f"Kafka acknowledged no record in the last {_SILENT_SECONDS:.0f} s"]

    def samples(self) -> Iterator[Sample]:
        yield metrics.INFO, (version("headrace"), _ROLE, ""), 1
        yield metrics.READY, (), not self.not_ready()
        yield metrics.TARGET_RATE, (), self._rate
        for stream, watched in self._streams.items():
            yield metrics.GENERATED, (stream,), watched.truth.produced
            for reason in REASONS:
                count = watched.truth.dead_letters[reason]
                yield metrics.GENERATED_BAD, (stream, reason), count
