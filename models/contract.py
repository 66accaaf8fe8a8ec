"""One contract, two readers: pydantic explains, a derived msgspec decoder is fast.

The pydantic model is the contract. `fast` derives a msgspec Struct with the same fields, types and
bounds, five times as fast to decode; only what it refuses is read by pydantic, for an error that a
person can use. tests/models/test_contract.py holds the two to the same verdict.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Annotated, Any, TypeGuard, cast, get_args, get_origin

import msgspec
from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import AfterValidator, BaseModel, FailFast, Strict
from pydantic.fields import FieldInfo

from models.events import Event, EventField, Together, field_of, fields_of
from models.types import Bounds, Check, StoredAs, storable


@dataclass(frozen=True, slots=True)
class Fast:
    """A contract for the hot path."""

    struct: type[msgspec.Struct]
    decode: Callable[[bytes], Any]
    checks: tuple[tuple[Callable[[Any], Any], Callable[[list[Any]], None]], ...]
    """How to get values out of an event, and what to call for those of many."""

    together: tuple[tuple[Callable[[Any], tuple[Any, ...]], Callable[..., None]], ...]

    def check(self, events: Sequence[Any]) -> None:
        """Check what msgspec does not. Raises ValueError or ArithmeticError."""
        for get, check_all in self.checks:
            present = [value for value in map(get, events) if value is not None]
            if present:
                check_all(present)
        for get, check in self.together:
            for values in map(get, events):
                check(*values)


def fast(event: type[BaseModel], *, forbid_unknown: bool = False) -> Fast:
    """Derive it. Raises TypeError for a bound that the fast decoder cannot check."""
    struct = _struct(event, forbid_unknown=forbid_unknown)
    return Fast(
        struct,
        msgspec.json.Decoder(struct).decode,
        tuple(
            (attrgetter(field.name), _for_many(cast("Check", item.func)))
            for field in fields_of(event)
            for item in field.metadata
            # NUL is looked for in the bytes, for all fields at once: models/parsing.py
            if _is_check(item) and item.func is not storable
        ),
        tuple((attrgetter(*rule.fields), rule.check) for rule in _together(event)),
    )


def _together(event: type[BaseModel]) -> tuple[Together, ...]:
    return event.together if issubclass(event, Event) else ()


def _for_many(check: Check) -> Callable[[list[Any]], None]:
    if isinstance(check, Bounds):
        return check.all  # numbers are nearly all different, and dear to hash

    def check_different(values: list[Any]) -> None:
        for value in set(values):
            check(value)

    return check_different


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
    _refuse_plain_text(field)
    bare, bounds = _items(field), _bounds(field)
    return Annotated[bare, msgspec.Meta(**bounds)] if bounds else bare


def _items(field: EventField) -> Any:
    """Give the bare type; of a tuple with what was said of its items, which msgspec passes over."""
    if get_origin(field.type) is not tuple:
        return field.type
    item, *others = get_args(field.type)
    if others != [...]:
        raise TypeError(f"field {field.name}: a tuple of any length has a fast check, no other")
    declared = field_of(f"{field.name}[]", FieldInfo.from_annotation(item))
    if any(_is_check(one) and one.func is not storable for one in declared.metadata):
        raise TypeError(f"field {field.name}: a check of its items has no fast check")
    return tuple[_type(declared), ...]  # type: ignore[misc]


def _is_check(item: Any) -> TypeGuard[AfterValidator]:
    return isinstance(item, AfterValidator)


def _refuse_plain_text(field: EventField) -> None:
    checked = any(_is_check(item) for item in field.metadata)
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
            case AfterValidator() | FailFast() | Strict() | StoredAs():
                pass
            case _:
                raise TypeError(f"field {field.name}: {item!r} has no fast check")
    return bounds
