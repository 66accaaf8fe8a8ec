"""What has been produced, and so what must be stored: the other side of every comparison."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from generator.records import Outcome, Row
from models.dead_letters import Reason


@dataclass(slots=True)
class Truth:
    """Totals of acknowledged records. `windows` has [events, kilobits] by (minute, cdn)."""

    produced: int = 0
    rows: int = 0
    dead_letters: Counter[Reason] = field(default_factory=Counter)
    windows: dict[tuple[int, str], list[int]] = field(default_factory=dict)

    def add(self, outcomes: Iterable[Outcome]) -> None:
        # equal outcomes are counted in C first: a batch of thousands has some hundred different
        for outcome, times in Counter(outcomes).items():
            self.produced += times
            if isinstance(outcome, Row):
                self.rows += times
                window = self.windows.setdefault((outcome.minute, outcome.cdn), [0, 0])
                window[0] += times
                window[1] += outcome.kilobits * times
            else:
                self.dead_letters[outcome] += times
