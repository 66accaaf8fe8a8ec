"""A stream is data, not code: its topic, its event, its windows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Le

from models.events import Event, EventField, fields_of
from models.types import Kind, StoredAs
from models.versions import Versions
from models.windows import Measure, Sum, Window

_FIRST: Mapping[Kind, int] = {"int4": -(2**31), "int8": -(2**63)}
"""The least number of each kind, the narrowest kind first."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the raw table; `field` is where its values come from.

    `largest` is the largest magnitude that a whole number in it may have.
    """

    name: str
    kind: Kind
    field: str
    nullable: bool = False
    largest: int | None = None


@dataclass(frozen=True, slots=True)
class Headline:
    """What a stream says in one line: the key of `window` with most of `by` of late.

    That is in the last minute; in the last window where those are longer. `{key}` of `text` is that
    key (its part number `part`), and `{value}` its newest `shown`, or without that its `by` times
    `scale`, `per_second` if so.
    """

    text: str
    window: str
    by: str
    shown: str = ""
    part: int = 0
    scale: float = 1.0
    per_second: bool = False


@dataclass(frozen=True)
class Stream:
    """One kind of event from topic to tables.

    `topic` is also the name of the raw table. `event` is the contract of what a row holds, and with
    `versions` the older and newer forms that producers send are made into it. `event_time` names
    the column that windows go by. With `keeps_extra` fields that the contract does not know are
    kept in a column `extra` (jsonb). Without `keeps_rows` only windows are stored, which cannot be
    recomputed then. `key` names the column whose value is the records' key where Headrace sends
    them: what has the same key stays in order. Without one, order is kept nowhere. `network` names
    the field in which an edge puts a client's autonomous system, where its event has none.
    """

    topic: str
    event: type[Event]
    event_time: str
    windows: tuple[Window, ...]
    versions: Versions | None = None
    keeps_extra: bool = False
    keeps_rows: bool = True
    headline: Headline | None = None
    key: str = ""
    network: str = ""
    columns: tuple[Column, ...] = field(init=False)

    def __post_init__(self) -> None:
        columns = [_column(one) for one in fields_of(self.event)]
        if self.keeps_extra:
            columns.append(Column(EXTRA, "jsonb", EXTRA, nullable=True))
        object.__setattr__(self, "columns", tuple(columns))
        if self.column(self.event_time).kind != "timestamptz":
            raise TypeError(f"stream {self.topic}: event_time {self.event_time!r} is no EventTime")
        if self.key:
            self.column(self.key)
        if self.network and self.network not in self.event.model_fields:
            raise TypeError(f"stream {self.topic}: network {self.network!r} is no field")
        for window in self.windows:
            self._check(window)

    @property
    def column_names(self) -> list[str]:
        return [column.name for column in self.columns]

    def column(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise TypeError(f"stream {self.topic}: no column {name!r}")

    def _check(self, window: Window) -> None:
        for key in window.keys:
            if self.column(key).nullable:
                raise TypeError(f"window {window.name}: key {key!r} may be null")
            if self.column(key).kind in _NO_KEYS:
                raise TypeError(
                    f"window {window.name}: key {key!r} is {self.column(key).kind}, which is no key"
                )
        for measure in window.measures:
            columns = [self.column(name) for name in measure.of]
            if why := _does_not_fit(measure, window.seconds, columns):
                raise TypeError(f"window {window.name}: measure {measure.name!r}: {why}")


EXTRA = "extra"

_NO_KEYS = ("timestamptz", "jsonb", "text[]")
_MOST_EVENTS_A_SECOND = 10_000
"""Of one key of a window, in one partition: a sum has to have room for so many of the largest."""


def _does_not_fit(measure: Measure, seconds: int, columns: Sequence[Column]) -> str:
    """Say why a measure that is a column as it is cannot be stored; nothing where it can.

    What a `value` of its own computes is not known here: where that leaves 64 bits, PostgreSQL
    says so, and the record is a dead letter.
    """
    if not measure.takes_column_as_it_is or measure.kind not in _FIRST:
        return ""
    [column] = columns
    if column.kind not in _FIRST:
        return f"{column.name!r} is {column.kind}: say kind={column.kind!r}"
    events = seconds * _MOST_EVENTS_A_SECOND
    if not isinstance(measure, Sum) or (column.largest or 0) * events < -_FIRST[measure.kind]:
        return ""
    return (
        f"{events:,} events of {column.largest} leave the {measure.kind}: say kind='numeric' "
        f"(in the window's table too), or bound {column.name!r} lower"
    )


def _column(declared: EventField) -> Column:
    said = next((item for item in declared.metadata if isinstance(item, StoredAs)), StoredAs())
    return Column(
        said.name or declared.name,
        said.kind or _kind(declared),
        declared.name,
        declared.nullable,
        _largest(declared) if declared.type is int else None,
    )


def _largest(declared: EventField) -> int | None:
    bounds: list[Any] = [bound.ge for bound in declared.metadata if isinstance(bound, Ge)]
    bounds += [bound.le for bound in declared.metadata if isinstance(bound, Le)]
    return max(map(abs, bounds), default=None)


def _kind(declared: EventField) -> Kind:
    if declared.type is datetime:
        return "timestamptz"
    if declared.type is str or _is_choice_of_words(declared.type):
        return "text"
    if declared.type is int:
        return _int_kind(declared)
    if declared.type is float:
        return "float8"
    if declared.type is Decimal:
        return "numeric"
    raise TypeError(f"field {declared.name}: no column type for {declared.type}")


def _is_choice_of_words(annotation: Any) -> bool:
    return get_origin(annotation) is Literal and all(
        isinstance(choice, str) for choice in get_args(annotation)
    )


def _int_kind(declared: EventField) -> Kind:
    lowest = [bound.ge for bound in declared.metadata if isinstance(bound, Ge)]
    highest = [bound.le for bound in declared.metadata if isinstance(bound, Le)]
    for kind, first in _FIRST.items():
        if lowest and highest and first <= lowest[0] and highest[0] <= -first - 1:
            return kind
    raise TypeError(f"field {declared.name}: needs bounds (ge and le) that fit a column of 64 bits")
