"""A stream is data, not code: its topic, its event, its windows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Le

from models.events import Event, EventField, fields_of
from models.types import Column as Declared
from models.types import Kind
from models.versions import Versions
from models.windows import Window

_FIRST: Mapping[Kind, int] = {"int4": -(2**31), "int8": -(2**63)}
"""The least number of each kind, the narrowest kind first."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the raw table; `field` is where its values come from."""

    name: str
    kind: Kind
    field: str
    nullable: bool = False


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
    recomputed then.
    """

    topic: str
    event: type[Event]
    event_time: str
    windows: tuple[Window, ...]
    versions: Versions | None = None
    keeps_extra: bool = False
    keeps_rows: bool = True
    headline: Headline | None = None
    columns: tuple[Column, ...] = field(init=False)

    def __post_init__(self) -> None:
        columns = [_column(one) for one in fields_of(self.event)]
        if self.keeps_extra:
            columns.append(Column(EXTRA, "jsonb", EXTRA, nullable=True))
        object.__setattr__(self, "columns", tuple(columns))
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
        for measure in window.measures:
            for name in measure.of:
                self.column(name)


EXTRA = "extra"


def _column(declared: EventField) -> Column:
    said = next((item for item in declared.metadata if isinstance(item, Declared)), Declared())
    return Column(
        said.name or declared.name, said.kind or _kind(declared), declared.name, declared.nullable
    )


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
