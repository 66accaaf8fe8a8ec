"""One contract, two readers: pydantic explains, a derived msgspec decoder is fast.

The pydantic model is the contract. `struct_of` derives a msgspec Struct with the same fields,
types and bounds, five times as fast to decode; only what it refuses is read by pydantic, for an
error that a person can use. tests/models/test_contract.py holds the two to the same verdict.
"""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from models.types import is_event_time


def struct_of(event: type[BaseModel]) -> type[msgspec.Struct]:
    """Derive the Struct. Raises TypeError for a bound that msgspec cannot check."""
    fields = [_field(name, info) for name, info in event.model_fields.items()]
    # gc=False: an event holds no containers, and a collector that walks them halves the throughput
    return msgspec.defstruct(event.__name__, fields, gc=False, kw_only=True)


def _field(name: str, info: FieldInfo) -> tuple[str, Any] | tuple[str, Any, Any]:
    meta = msgspec.Meta(tz=True) if is_event_time(info) else _bounds(name, info)
    annotation: Any = datetime if is_event_time(info) else info.annotation
    annotated = Annotated[annotation, meta] if meta is not None else annotation
    return (name, annotated) if info.is_required() else (name, annotated, info.default)


def _bounds(name: str, info: FieldInfo) -> msgspec.Meta | None:
    bounds: dict[str, Any] = {}
    for item in info.metadata:
        match item:
            case Ge(ge=bound):
                bounds["ge"] = bound
            case Le(le=bound):
                bounds["le"] = bound
            case MinLen(min_length=length):
                bounds["min_length"] = length
            case MaxLen(max_length=length):
                bounds["max_length"] = length
            case _ if type(item).__name__ in {"AfterValidator", "Strict"}:
                pass  # NUL is looked for in the bytes, for all fields at once: models/decode.py
            case _:
                raise TypeError(f"field {name}: {item!r} has no fast check")
    return msgspec.Meta(**bounds) if bounds else None
