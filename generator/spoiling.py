"""Ways to spoil a good record, as clients and the things between them have been seen to do.

Each kind says which dead letter its records must end as.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from generator.records import Record
from models.dead_letters import Reason

Spoil = Callable[[bytes], bytes | None]
Field = str | tuple[str, ...]
"""A field's name, or the names that it has in different versions of an event."""


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    reason: Reason
    spoil: Spoil

    def of(self, good: Record) -> Record:
        value = good.value
        assert value is not None, "a good event has a value"  # noqa: S101 - tells mypy
        return good._replace(value=self.spoil(value), outcome=self.reason)


def bad(name: str, reason: Reason, spoil: Callable[..., bytes | None], *arguments: Any) -> Kind:
    return Kind(name, reason, partial(spoil, *arguments))


def constant(constant: bytes | None, _: bytes) -> bytes | None:
    return constant


def truncated(value: bytes) -> bytes:
    return value[: len(value) * 2 // 3]


def invalid_utf8(field: Field, value: bytes) -> bytes:
    opened = b'"%b":"' % _name(field, value).encode()
    return value.replace(opened, opened + b"\xff\xfe")


def put(field: Field, literal: bytes, value: bytes) -> bytes:
    """Put a literal there that no JSON library would write."""
    fields = msgspec.json.decode(value, type=dict[str, msgspec.Raw])
    return msgspec.json.encode(fields | {_name(field, value): msgspec.Raw(literal)})


def change(field: Field, to: Any, value: bytes) -> bytes:
    return put(field, msgspec.json.encode(to), value)


def without(field: Field, value: bytes) -> bytes:
    fields = msgspec.json.decode(value, type=dict[str, msgspec.Raw])
    del fields[_name(field, value)]
    return msgspec.json.encode(fields)


def other_year(field: Field, years: int, value: bytes) -> bytes:
    """Set the clock years off, to a day that every year has."""
    opened = b'"%b":"' % _name(field, value).encode()
    at = value.index(opened) + len(opened)
    year = int(value[at : at + 4]) + years
    day = value[at + 4 : at + 10].replace(b"-02-29", b"-02-28")
    return b"%b%04d%b%b" % (value[:at], year, day, value[at + 10 :])


def of_any_stream(*, time: Field, text: Field, needed: Field) -> tuple[Kind, ...]:
    """Give what can go wrong with every event.

    `time` is its event time, `text` a field with any text, and `needed` one that must be there, is
    a string, and is not what `text` is.
    """
    # times are off by years, so that no skew or retention that is allowed anywhere makes them good
    return (
        bad("truncated", "malformed", truncated),
        bad("invalid UTF-8", "malformed", invalid_utf8, text),
        bad("empty", "malformed", constant, b""),
        bad("tombstone", "malformed", constant, None),
        bad("no JSON", "malformed", constant, b"<html>502 Bad Gateway</html>"),
        bad("deep nesting", "malformed", constant, b"[" * 20_000 + b"]" * 20_000),
        bad("NaN", "malformed", put, needed, b"NaN"),
        bad("no object", "invalid", constant, b"[]"),
        bad("text as number", "invalid", change, needed, 42),
        bad("null", "invalid", change, needed, None),
        bad("missing field", "invalid", without, needed),
        bad("NUL in a string", "invalid", change, text, "News\0"),
        bad("no time zone", "invalid", change, time, "2026-11-22T10:05:00"),
        bad("year 0", "invalid", change, time, "0000-01-01T00:00:00Z"),
        bad("year 9999", "from_the_future", change, time, "9999-12-31T23:59:59Z"),
        bad("from the future", "from_the_future", other_year, time, 10),
        bad("clock never set", "expired", change, time, "1970-01-01T00:00:05Z"),
        bad("expired", "expired", other_year, time, -10),
    )


def of_whole_number(field: Field) -> tuple[Kind, ...]:
    """Give what can go wrong with a number that has no decimals and is not negative."""
    return (
        bad("NaN as a number", "malformed", put, field, b"NaN"),
        bad("beyond a double", "invalid", put, field, b"1e400"),
        bad("beyond int64", "invalid", put, field, b"170141183460469231731687303715884105728"),
        bad("negative", "invalid", change, field, -1),
        bad("number as text", "invalid", change, field, "AS7922"),
    )


def _name(field: Field, value: bytes) -> str:
    names = (field,) if isinstance(field, str) else field
    return next(name for name in names if b'"%b":' % name.encode() in value)
