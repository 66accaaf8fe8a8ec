"""What tells whether a rebuild would lose something: each measure of a window, weighed on its own.

A weight is a number that can only grow with more events: fewer raw rows make it less or the same.
That of a sum holds as long as what is summed is not negative.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from models.windows import First, Last, Max, Measure, Min, Sum, Window

_COUNTABLE = {"int4", "int8", "numeric", "float8"}

Weights = Sequence[Decimal | None]
"""One for each of `weighed`, None where there is no window."""


@dataclass(frozen=True, slots=True)
class Weight:
    """What one measure weighs: an aggregate of one column of the window's table.

    A minimum is weighed as its negative: `shown` turns it back.
    """

    name: str
    column: str
    aggregate: str
    sign: int = 1

    def sql(self, filtered: str = "") -> str:
        sign = "-" if self.sign < 0 else ""
        return f"({sign}{self.aggregate}({self.column}){filtered})::numeric"

    def shown(self, value: Decimal | None) -> str:
        return "none" if value is None else f"{self.sign * value:,}"


def weighed(window: Window) -> tuple[Weight, ...]:
    """Give what is weighed of a window; its number of rows where its measures cannot be."""
    found = tuple(one for measure in window.measures for one in _weights(measure))
    return found or (Weight("windows", "window_start", "count"),)


def arrays(window: Window, filtered: str = "") -> str:
    """Give the SQL of `Weights`, aggregated."""
    return f"ARRAY[{', '.join(one.sql(filtered) for one in weighed(window))}]"


def lost(window: Window, makes: Weights, holds: Weights) -> str | None:
    """Say what a rebuild would make less of, from raw rows that make so much; None for nothing."""
    less = [
        (one, made, held)
        for one, made, held in zip(weighed(window), makes, holds, strict=True)
        if held is not None and (made is None or made < held)
    ]
    if not less:
        return None
    one, made, held = next((each for each in less if each[2]), less[0])
    return f"{one.name} {one.shown(held)}, those that are left make {one.shown(made)}"


def _weights(measure: Measure) -> list[Weight]:
    match measure:
        case Sum():
            return [Weight(measure.name, measure.name, "sum")]
        case Max() if measure.kind in _COUNTABLE:
            return [Weight(measure.name, measure.name, "max")]
        case Min() if measure.kind in _COUNTABLE:
            return [Weight(measure.name, measure.name, "min", -1)]
        case First() if measure.sequence_kind in _COUNTABLE:
            return [Weight(measure.name, f"{measure.name}_sequence", "min", -1)]
        case Last() if measure.sequence_kind in _COUNTABLE:
            return [Weight(measure.name, f"{measure.name}_sequence", "max")]
        case _:
            return []
