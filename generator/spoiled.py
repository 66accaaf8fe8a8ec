"""Bad records of every kind that players and the things between them have been seen to send.

Each is made from a good heartbeat and says which dead letter it must end as.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from generator.records import Record
from models.dead_letters import Reason

Spoil = Callable[[bytes], bytes | None]


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    reason: Reason
    spoil: Spoil

    def of(self, good: Record) -> Record:
        value = good.value
        assert value is not None, "a heartbeat has a value"  # noqa: S101 - tells mypy
        return good._replace(value=self.spoil(value), outcome=self.reason)


def _constant(constant: bytes | None, _: bytes) -> bytes | None:
    return constant


def _truncated(value: bytes) -> bytes:
    return value[: len(value) * 2 // 3]


def _invalid_utf8(value: bytes) -> bytes:
    return value.replace(b'"channel":"', b'"channel":"\xff\xfe')


def _raw(field: str, literal: bytes, value: bytes) -> bytes:
    """Put a literal there that no JSON library would write."""
    fields = msgspec.json.decode(value, type=dict[str, msgspec.Raw])
    return msgspec.json.encode(fields | {field: msgspec.Raw(literal)})


def _set(field: str, to: Any, value: bytes) -> bytes:
    return _raw(field, msgspec.json.encode(to), value)


def _without(field: str, value: bytes) -> bytes:
    fields = msgspec.json.decode(value)
    del fields[field]
    return msgspec.json.encode(fields)


def _other_year(years: int, value: bytes) -> bytes:
    """Set the clock years off, to a day that every year has."""
    at = value.index(b'"time":"') + len(b'"time":"')
    year = int(value[at : at + 4]) + years
    day = value[at + 4 : at + 10].replace(b"-02-29", b"-02-28")
    return b"%b%04d%b%b" % (value[:at], year, day, value[at + 10 :])


def _bad(name: str, reason: Reason, spoil: Callable[..., bytes | None], *arguments: Any) -> Kind:
    return Kind(name, reason, partial(spoil, *arguments))


# times are off by years, so that no skew or retention that is allowed anywhere makes them good
KINDS = (
    _bad("truncated", "malformed", _truncated),
    _bad("invalid UTF-8", "malformed", _invalid_utf8),
    _bad("empty", "malformed", _constant, b""),
    _bad("tombstone", "malformed", _constant, None),
    _bad("no JSON", "malformed", _constant, b"<html>502 Bad Gateway</html>"),
    _bad("deep nesting", "malformed", _constant, b"[" * 20_000 + b"]" * 20_000),
    _bad("NaN", "malformed", _raw, "video_profile_kbps", b"NaN"),
    _bad("beyond a double", "invalid", _raw, "video_profile_kbps", b"1e400"),
    _bad("beyond int64", "invalid", _raw, "asn", b"170141183460469231731687303715884105728"),
    _bad("out of bounds", "invalid", _set, "video_profile_kbps", -1),
    _bad("no object", "invalid", _constant, b"[]"),
    _bad("number as text", "invalid", _set, "asn", "AS7922"),
    _bad("text as number", "invalid", _set, "session_id", 42),
    _bad("null", "invalid", _set, "current_cdn", None),
    _bad("missing field", "invalid", _without, "session_id"),
    _bad("NUL in a string", "invalid", _set, "channel", "News\0"),
    _bad("no time zone", "invalid", _set, "time", "2026-11-22T10:05:00"),
    _bad("year 0", "invalid", _set, "time", "0000-01-01T00:00:00Z"),
    _bad("year 9999", "from_the_future", _set, "time", "9999-12-31T23:59:59Z"),
    _bad("from the future", "from_the_future", _other_year, 10),
    _bad("clock never set", "expired", _set, "time", "1970-01-01T00:00:05Z"),
    _bad("expired", "expired", _other_year, -10),
)
