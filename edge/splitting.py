"""The events of a body: one object, an array of them, or one a line. Pure."""

from __future__ import annotations

import msgspec

from edge.problems import Problem

_SPACE = b" \t\r\n"


def split(body: bytes, most: int, *, lines: bool = False) -> list[bytes]:
    """Give the bytes of each event as they are written. Raises Problem: 400 or 413.

    With `lines`, as `application/x-ndjson` says, there is one a line, and nothing else is looked
    for. What is no JSON inside lines is an event too, for the contract to judge; an array that is
    none has no parts.
    """
    body = body.strip(_SPACE)
    if not body:
        raise Problem(400, "the body has no event: send an object, an array, or JSON Lines")
    events = _split(body) if lines else _parts(body) if body.startswith(b"[") else _lines(body)
    if len(events) > most:
        raise Problem(413, f"a body has at most {most:,} events, this one {len(events):,}")
    if not events:
        raise Problem(400, "the array has no event")
    return events


def _parts(body: bytes) -> list[bytes]:
    try:
        return list(map(bytes, _ARRAY.decode(body)))
    except (msgspec.DecodeError, RecursionError) as error:
        raise Problem(400, f"the array is no JSON: {error}") from None


def _lines(body: bytes) -> list[bytes]:
    if b"\n" not in body or _is_one(body):
        return [body]
    return _split(body)


def _split(body: bytes) -> list[bytes]:
    return [line for line in map(_strip, body.split(b"\n")) if line]


def _is_one(body: bytes) -> bool:
    # an object written over several lines
    try:
        _ANY.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _strip(line: bytes) -> bytes:
    return line.strip(_SPACE)


_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
_ANY = msgspec.json.Decoder(msgspec.Raw)
