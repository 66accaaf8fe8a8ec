"""Windows, declared as data: which events count together, and how their measures merge.

Every merge is associative and commutative, so totals do not depend on order, batching or replay.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Context, Inexact
from typing import Any

from models.types import Kind

_EXACT = Context(prec=200, traps=[Inexact])
"""For sums of numeric values: Python's own context would round beyond 28 digits."""


def _one() -> int:
    return 1


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class Measure:
    """One number of a window. `of` names the raw table's columns that `value` is computed from.

    `sql` computes the same from a raw row (for `headrace recompute`); by default it is the first
    column as it is.
    """

    name: str
    of: tuple[str, ...] = ()
    value: Callable[..., Any] = _same
    kind: Kind = "int8"
    sql: str = ""

    def weigh(self, value: Any, count: int) -> Any:
        """Give what `count` equal events contribute."""
        del count
        return value

    def merge(self, one: Any, other: Any) -> Any:
        raise NotImplementedError

    @property
    def columns(self) -> tuple[tuple[str, Kind], ...]:
        """The measure's columns in the database."""
        return ((self.name, self.kind),)


@dataclass(frozen=True, slots=True)
class Sum(Measure):
    """The sum of `value`; without `of`, the number of events."""

    def __post_init__(self) -> None:
        if not self.of:
            object.__setattr__(self, "value", _one)

    def weigh(self, value: Any, count: int) -> Any:
        return _EXACT.multiply(value, count) if self.kind == "numeric" else value * count

    def merge(self, one: Any, other: Any) -> Any:
        return _EXACT.add(one, other) if self.kind == "numeric" else one + other


@dataclass(frozen=True, slots=True)
class Min(Measure):
    def merge(self, one: Any, other: Any) -> Any:
        return min(one, other)


@dataclass(frozen=True, slots=True)
class Max(Measure):
    def merge(self, one: Any, other: Any) -> Any:
        return max(one, other)


def _pair(sequence: Any, value: Any) -> tuple[Any, Any]:
    return (sequence, value)


@dataclass(frozen=True, slots=True)
class _BySequence(Measure):
    # `of` is (sequence, value) and the measure is that pair: ordered by the sequence and, where
    # two events claim the same one, by the value, so that a replay in another order agrees.
    value: Callable[..., Any] = _pair
    sequence_kind: Kind = "int8"

    @property
    def columns(self) -> tuple[tuple[str, Kind], ...]:
        return ((f"{self.name}_sequence", self.sequence_kind), (self.name, self.kind))


@dataclass(frozen=True, slots=True)
class First(_BySequence):
    """The value with the lowest sequence; `of` is (sequence, value)."""

    def merge(self, one: Any, other: Any) -> Any:
        return min(one, other)


@dataclass(frozen=True, slots=True)
class Last(_BySequence):
    """The value with the highest sequence; `of` is (sequence, value)."""

    def merge(self, one: Any, other: Any) -> Any:
        return max(one, other)


@dataclass(frozen=True, slots=True)
class Window:
    """Half-open intervals `[start, start + seconds)` of event time, grouped by `keys`.

    `name` is the view that people read; its table is `<name>_windows`.
    """

    name: str
    keys: tuple[str, ...]
    measures: tuple[Measure, ...]
    seconds: int = 60

    @property
    def table(self) -> str:
        return f"{self.name}_windows"
