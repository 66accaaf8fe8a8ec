"""A run with an end: what was produced in it is compared with what it stored."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from config.environment import PlainError
from config.settings import Settings
from config.streams import chosen_streams
from db.stored import VIEWS, Stored, stored
from devstack.aside import run_aside
from devstack.measure.lag import count_unstored
from devstack.place.options import Options
from devstack.services.watch import Watch
from devstack.verify.comparison import compare
from devstack.verify.comparison_table import render

_NO_PROGRESS_SECONDS = 90.0
_MINUTE = 60
EQUAL, DIFFERENT = 0, 1


class StuckError(PlainError):
    """Records wait in Kafka, and no worker stores them."""


@dataclass(slots=True)
class Verification:
    """Start the generator, end it after the run's time, drain, compare."""

    options: Options
    settings: Settings
    watch: Watch

    def run(self) -> int:
        """Return the exit code. Raises StuckError."""
        self._drain("storing what an earlier run left")
        before = self._stored()
        self._generate()
        stopped = self.watch.pool.stop_generator()
        self._drain("draining")
        report = self.watch.pool.report()
        if not stopped or report is None or not report.done or self.watch.pool.generator.restarts:
            self.watch.screen.verdict = (
                "The generator ended early, so that nobody knows what it had produced:\n"
                + self.watch.pool.generator.child.tail()
            )
            return DIFFERENT
        comparison = compare(report, before, self._stored())
        self.watch.screen.verdict = render(comparison)
        return EQUAL if comparison.equal else DIFFERENT

    def _generate(self) -> None:
        duration = self.options.duration or 0.0
        doing = f"runs for {duration:.0f} s"
        pool = self.watch.pool
        pool.start_generator()
        self.watch.until(
            lambda _: pool.is_live() or not pool.generator.child.running, "filling the past"
        )
        if self.options.kill_worker:
            self._watch_for(duration / 2, doing)
            victim = self.watch.pool.workers[0].child
            self.watch.screen.say(f"Killing {victim.name} with -9, as asked.")
            victim.kill()
            duration /= 2
        self._watch_for(duration, doing)

    def _watch_for(self, duration: float, doing: str) -> None:
        """Watch so long, or until the generator has failed: then nothing can be compared."""
        generator = self.watch.pool.generator.child
        self.watch.until(lambda seconds: seconds >= duration or not generator.running, doing)

    def _drain(self, doing: str) -> None:
        """Wait until all that Kafka has is stored; raise StuckError when it goes on no more."""
        least, progressed = float("inf"), time.monotonic()
        left = self._unstored()
        while left != 0:
            self.watch.until(lambda seconds: seconds >= 1, f"{doing}, {_left(left)}")
            left = self._unstored()
            if left is not None and left < least:
                least, progressed = left, time.monotonic()
            if time.monotonic() - progressed > _NO_PROGRESS_SECONDS:
                raise StuckError(
                    f"{_left(left)} and nothing was stored for {_NO_PROGRESS_SECONDS:.0f} s. "
                    f"The workers' logs lie in {self.watch.data_dir.logs}"
                )

    def _unstored(self) -> int | None:
        """Count what waits of all streams that the workers run."""
        engines = self.watch.engines
        topics = [self.settings.topic(stream.topic) for stream in chosen_streams(self.settings)]
        return run_aside(count_unstored(engines.broker, engines.database, topics))

    def _stored(self) -> dict[str, Stored]:
        """Count what can be compared: rows if they are kept, and windows of a minute."""
        streams = [one for one in chosen_streams(self.settings) if one.topic in VIEWS]
        topics = {stream.topic: self.settings.topic(stream.topic) for stream in streams}
        views = {
            window.name
            for stream in streams
            for window in stream.windows
            if window.seconds == _MINUTE
        }
        found = run_aside(stored(self.watch.engines.database, topics, views))
        return {
            stream.topic: found[stream.topic]
            if stream.keeps_rows
            else replace(found[stream.topic], rows=None)
            for stream in streams
        }


def _left(records: int | None) -> str:
    return "Kafka does not answer" if records is None else f"{records:,} records to go"
