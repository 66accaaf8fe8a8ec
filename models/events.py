"""What every event's contract is made from, and how its fields are declared."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, ClassVar, Self, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic.fields import FieldInfo


@dataclass(frozen=True, slots=True)
class Together:
    """A check of several fields at once; it raises ValueError, and returns nothing."""

    fields: tuple[str, ...]
    check: Callable[..., None]


class Event(BaseModel):
    """The contract of an event. Unknown fields are allowed; types are taken at their word."""

    model_config = ConfigDict(strict=True, extra="allow")

    together: ClassVar[tuple[Together, ...]] = ()

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        for rule in self.together:
            rule.check(*(getattr(self, name) for name in rule.fields))
        return self


@dataclass(frozen=True, slots=True)
class EventField:
    """A field as its contract declares it: `type` is bare, what was said of it is `metadata`."""

    name: str
    type: Any
    metadata: tuple[Any, ...]
    nullable: bool
    required: bool
    default: Any


def fields_of(event: type[BaseModel]) -> list[EventField]:
    return [field_of(name, info) for name, info in event.model_fields.items()]


def field_of(name: str, info: FieldInfo) -> EventField:
    bare, metadata, nullable = info.annotation, list(info.metadata), False
    if get_origin(bare) in (Union, UnionType):
        nullable = NoneType in get_args(bare)
        others = [one for one in get_args(bare) if one is not NoneType]
        bare = others[0] if len(others) == 1 else bare
    if get_origin(bare) is Annotated:
        bare, *more = get_args(bare)
        metadata.extend(_flat(more))
    return EventField(name, bare, tuple(metadata), nullable, info.is_required(), info.default)


def _flat(metadata: list[Any]) -> Iterator[Any]:
    for item in metadata:
        if isinstance(item, FieldInfo):
            yield from item.metadata
        else:
            yield item
