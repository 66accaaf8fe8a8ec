"""Field types that every event shares, with one meaning in pydantic, msgspec and PostgreSQL."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from pydantic import AfterValidator, BeforeValidator, WithJsonSchema
from pydantic.fields import FieldInfo

_RFC3339 = Annotated[datetime, msgspec.Meta(tz=True)]


def _parse_rfc3339(value: Any) -> datetime:
    # One parser for the contract and for the fast decoder: two would disagree at the edges
    # (pydantic alone also takes 1700000000, "2026-11-22T10:05Z" and a decimal comma).
    try:
        return msgspec.convert(value, _RFC3339)
    except msgspec.ValidationError as error:
        raise ValueError(
            f"{error}; expected RFC 3339 with a time zone, like 2026-11-22T10:05:00.123Z"
        ) from error


def _storable(value: str) -> str:
    if "\0" in value:
        raise ValueError("contains a NUL character, which PostgreSQL cannot store")
    return value


EventTime = Annotated[
    datetime,
    BeforeValidator(_parse_rfc3339),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""RFC 3339 with any offset and up to nine fractional digits, rounded to microseconds."""

Text = Annotated[str, AfterValidator(_storable)]
"""A string without NUL."""


def is_event_time(field: FieldInfo) -> bool:
    return field.annotation is datetime
