"""Windows, declared as data: which events count together, and how their measures merge.

Every merge is associative and commutative, so totals do not depend on order, batching or replay.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Context, Inexact
from functools import reduce
from operator import itemgetter, mul
from typing import Any

from models.types import Kind

_EXACT = Context(prec=200, traps=[Inexact])
"""For sums of numeric values: Python's own context would round beyond 28 digits."""


def _one() -> int:
    return 1


def _same(value: Any) -> Any:
    return value


def _pair(sequence: Any, value: Any) -> tuple[Any, Any]:
    return (sequence, value)


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

    @property
    def takes_column_as_it_is(self) -> bool:
        """Whether the value is that of one column."""
        return self.value is _same

    def values(self, places: Sequence[int]) -> Callable[[Sequence[Any]], Any]:
        """Say how to compute `value` from a sequence that has the columns of `of` at `places`."""
        if not places:
            return lambda _: self.value()
        if self.value in (_same, _pair):
            return itemgetter(*places)
        return lambda row: self.value(*(row[place] for place in places))

    def merge(self, one: Any, other: Any) -> Any:
        raise NotImplementedError

    def merge_all(self, values: Iterable[Any], counts: Sequence[int]) -> Any:
        """Merge values that came so many times each."""
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

    def merge(self, one: Any, other: Any) -> Any:
        return _EXACT.add(one, other) if self.kind == "numeric" else one + other

    def merge_all(self, values: Iterable[Any], counts: Sequence[int]) -> Any:
        if self.kind == "numeric":
            return reduce(_EXACT.add, map(_EXACT.multiply, values, counts))
        return sum(map(mul, values, counts))


class _Least:
    __slots__ = ()

    def merge(self, one: Any, other: Any) -> Any:
        return min(one, other)

    def merge_all(self, values: Iterable[Any], counts: Sequence[int]) -> Any:
        del counts
        return min(values)


class _Most:
    __slots__ = ()

    def merge(self, one: Any, other: Any) -> Any:
        return max(one, other)

    def merge_all(self, values: Iterable[Any], counts: Sequence[int]) -> Any:
        del counts
        return max(values)


@dataclass(frozen=True, slots=True)
class Min(_Least, Measure):
    """The least `value`."""


@dataclass(frozen=True, slots=True)
class Max(_Most, Measure):
    """The greatest `value`."""


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
class First(_Least, _BySequence):
    """The value with the lowest sequence; `of` is (sequence, value)."""


@dataclass(frozen=True, slots=True)
class Last(_Most, _BySequence):
    """The value with the highest sequence; `of` is (sequence, value)."""


@dataclass(frozen=True, slots=True)
class Window:
    """Half-open intervals `[start, start + seconds)` of event time, grouped by `keys`.

    `name` is the view that people read; its table is `<name>_windows`. `apart` names columns of
    many values, whose measures are folded by themselves: the others' columns, of few values, are
    then counted as fast as if these were not there (models/fold.py).
    """

    name: str
    keys: tuple[str, ...]
    measures: tuple[Measure, ...]
    seconds: int = 60
    apart: tuple[str, ...] = ()

    @property
    def table(self) -> str:
        return f"{self.name}_windows"
