"""One contract, two readers: pydantic explains, a derived msgspec decoder is fast.

The pydantic model is the contract. `fast` derives a msgspec Struct with the same fields, types and
bounds, five times as fast to decode; only what it refuses is read by pydantic, for an error that a
person can use. tests/models/test_contract.py holds the two to the same verdict.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Annotated, Any, cast

import msgspec
from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import AfterValidator, BaseModel, Strict

from models.events import Event, EventField, Together, fields_of
from models.types import Check, Column, storable


@dataclass(frozen=True, slots=True)
class Fast:
    """A contract for the hot path."""

    struct: type[msgspec.Struct]
    decode: Callable[[bytes], Any]
    checks: tuple[tuple[Callable[[Any], Any], Check], ...]
    """How to get values out of an event, and what to call for each different one."""

    together: tuple[Together, ...]

    def check(self, events: Iterable[Any]) -> None:
        """Check what msgspec does not. Raises ValueError."""
        for get, check in self.checks:
            for value in set(map(get, events)):
                if value is not None:
                    check(value)
        for rule in self.together:
            for values in set(map(attrgetter(*rule.fields), events)):
                rule.check(*values)


def fast(event: type[BaseModel], *, forbid_unknown: bool = False) -> Fast:
    """Derive it. Raises TypeError for a bound that the fast decoder cannot check."""
    struct = _struct(event, forbid_unknown=forbid_unknown)
    return Fast(
        struct,
        msgspec.json.Decoder(struct).decode,
        tuple(
            (attrgetter(field.name), cast("Check", item.func))
            for field in fields_of(event)
            for item in field.metadata
            # NUL is looked for in the bytes, for all fields at once: models/reading.py
            if isinstance(item, AfterValidator) and item.func is not storable
        ),
        event.together if issubclass(event, Event) else (),
    )


def _struct(event: type[BaseModel], *, forbid_unknown: bool) -> type[msgspec.Struct]:
    fields = [_defined(field) for field in fields_of(event)]
    return msgspec.defstruct(
        event.__name__,
        fields,
        # an event holds no cycles, and a collector that walks them halves the throughput
        gc=False,
        kw_only=True,
        forbid_unknown_fields=forbid_unknown,
    )


def _defined(field: EventField) -> tuple[str, Any] | tuple[str, Any, Any]:
    annotated = _type(field)
    if field.nullable:
        annotated = annotated | None
    return (field.name, annotated) if field.required else (field.name, annotated, field.default)


def _type(field: EventField) -> Any:
    if field.type is datetime:
        return Annotated[datetime, msgspec.Meta(tz=True)]
    bounds = _bounds(field)
    _refuse_plain_text(field)
    return Annotated[field.type, msgspec.Meta(**bounds)] if bounds else field.type


def _refuse_plain_text(field: EventField) -> None:
    checked = any(isinstance(item, AfterValidator) for item in field.metadata)
    if field.type is str and not checked:
        raise TypeError(f"field {field.name}: use models.types.Text, which refuses NUL, not str")


def _bounds(field: EventField) -> dict[str, Any]:
    bounds: dict[str, Any] = {}
    for item in field.metadata:
        match item:
            case Ge(ge=bound):
                bounds["ge"] = bound
            case Le(le=bound):
                bounds["le"] = bound
            case MinLen(min_length=length):
                bounds["min_length"] = length
            case MaxLen(max_length=length):
                bounds["max_length"] = length
            case AfterValidator() | Strict() | Column():
                pass
            case _:
                raise TypeError(f"field {field.name}: {item!r} has no fast check")
    return bounds
