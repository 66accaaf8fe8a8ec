"""A stream is data, not code: its topic, its event, its windows."""

from dataclasses import dataclass, field
from typing import Any

from annotated_types import Le
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from models.types import is_event_time
from models.windows import Kind, Window

_INT4_MAX = 2**31 - 1


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

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


def _kind(name: str, info: FieldInfo) -> Kind:
    kinds: dict[Any, Kind] = {str: "text", int: "int8"}
    if is_event_time(info):
        return "timestamptz"
    if info.annotation is int and any(
        isinstance(bound, Le) and isinstance(bound.le, int) and bound.le <= _INT4_MAX
        for bound in info.metadata
    ):
        return "int4"
    try:
        return kinds[info.annotation]
    except KeyError:
        raise TypeError(f"field {name}: no column type for {info.annotation}") from None
