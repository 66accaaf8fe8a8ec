"""A stream is data, not code: its topic, its event, its windows."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from annotated_types import Ge, Le
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from models.types import is_event_time
from models.windows import Kind, Window

_FIRST: Mapping[Kind, int] = {"int4": -(2**31), "int8": -(2**63)}
"""The least number of each kind, the narrowest kind first."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the raw table."""

    name: str
    kind: Kind


@dataclass(frozen=True)
class Stream:
    """One kind of event from topic to tables.

    `topic` is also the name of the raw table. `event_time` names the field that windows go by.
    """

    topic: str
    event: type[BaseModel]
    event_time: str
    windows: tuple[Window, ...]
    columns: tuple[Column, ...] = field(init=False)

    def __post_init__(self) -> None:
        columns = tuple(
            Column(name, _kind(name, info)) for name, info in self.event.model_fields.items()
        )
        object.__setattr__(self, "columns", columns)

    @property
    def column_names(self) -> list[str]:
        return [column.name for column in self.columns]

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


def _kind(name: str, info: FieldInfo) -> Kind:
    if is_event_time(info):
        return "timestamptz"
    if info.annotation is str:
        return "text"
    if info.annotation is int:
        return _int_kind(name, info)
    raise TypeError(f"field {name}: no column type for {info.annotation}")


def _int_kind(name: str, info: FieldInfo) -> Kind:
    lowest = [bound.ge for bound in info.metadata if isinstance(bound, Ge)]
    highest = [bound.le for bound in info.metadata if isinstance(bound, Le)]
    for kind, first in _FIRST.items():
        if lowest and highest and first <= lowest[0] and highest[0] <= -first - 1:
            return kind
    raise TypeError(f"field {name}: needs bounds (ge and le) that fit a column of 64 bits")
