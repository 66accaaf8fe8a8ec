"""What has been produced, and so what must be stored: the other side of every comparison.

Added up in plain Python, with nothing of models/fold.py: two programs that agree by different ways.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Protocol

from generator.records import Outcome
from models.dead_letters import Reason

Value = int | str
"""A number of a window; one with decimals is exact, as a string."""

View = Mapping[str, list[Value]]
"""Numbers by `<minute, ISO, Z>|<key>|...`."""


class Windows(Protocol):
    """The windows of one stream."""

    def add(self, row: Any, times: int) -> None:
        """Add a row that was acknowledged so many times."""

    def views(self) -> Mapping[str, View]:
        """Give the numbers by the name of the view that shows them in the database."""


@dataclass(slots=True)
class Truth:
    """Totals of the acknowledged records of one stream."""

    windows: Windows
    produced: int = 0
    rows: int = 0
    dead_letters: Counter[Reason] = field(default_factory=Counter)

    def add(self, outcomes: Iterable[Outcome]) -> None:
        # equal outcomes are counted in C first: heartbeats by the thousand have some hundred
        add = self.windows.add
        for outcome, times in Counter(outcomes).items():
            self.produced += times
            if isinstance(outcome, str):
                self.dead_letters[outcome] += times
            else:
                self.rows += times
                add(outcome, times)


def window_key(minute: int, *keys: object) -> str:
    """Name a window; `minute` counts minutes since 1970."""
    return "|".join((_written(minute), *map(str, keys)))


@lru_cache(maxsize=4_096)
def _written(minute: int) -> str:
    return datetime.fromtimestamp(minute * 60, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def exact(units: int, decimals: int) -> str:
    """Write a whole number of the smallest unit as a decimal number."""
    if not decimals:
        return str(units)
    whole, rest = divmod(units, 10**decimals)
    return f"{whole}.{rest:0{decimals}}"
