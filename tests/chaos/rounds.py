"""One round: records flow, one fault, recovery, comparison."""

import time
from dataclasses import dataclass
from random import Random

from tests.chaos.faults import Fault
from tests.chaos.stage import Stage, StuckError

MEMORY_BYTES = 300_000_000
"""The promise: no worker holds more, whatever happens."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a round. `lag` is what waited in Kafka when the fault was over."""

    fault: str
    rows: int
    lag: int
    seconds: float
    takeover_seconds: float | None
    problems: list[str]

    def line(self, number: int) -> str:
        """Tell it in one line."""
        took = f"{self.takeover_seconds:.1f} s" if self.takeover_seconds is not None else "-"
        verdict = "exact" if not self.problems else "NOT EXACT"
        return (
            f"{number:4d}  {self.fault:28s} rows {self.rows:9,d}  lag {self.lag:7,d}  "
            f"stored again {took:>7s}  round {self.seconds:5.1f} s  {verdict}"
        )


def play(stage: Stage, name: str, fault: Fault, random: Random) -> Outcome:
    """Play one round; a stage that does not recover is a problem too."""
    begun = time.monotonic()
    takeover: float | None = None
    lag = -1
    try:
        stage.await_more(random.randrange(int(stage.load.events_per_second)))
        takeover = fault(stage, random)
        lag = stage.lag
        stage.await_stored(stage.truth.ends)
        stage.await_every_worker()
        problems = stage.compare() + _too_large(stage)
    except StuckError as stuck:
        problems = [str(stuck)]
    rows = stage.stored
    return Outcome(name, rows, lag, time.monotonic() - begun, takeover, problems)


def _too_large(stage: Stage) -> list[str]:
    peak = stage.peak_memory_bytes
    return [f"a worker held {peak:,} bytes"] if peak > MEMORY_BYTES else []
