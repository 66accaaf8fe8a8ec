"""Changing the bytes of a refused record: by a jq expression, or by hand. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jq
import msgspec

from config.environment import PlainError

_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_encode = msgspec.json.Encoder().encode
_MARK = b"#### "


class MendingError(PlainError):
    """What was asked for cannot be done; the message says where."""


Mend = Callable[[bytes], bytes | None]
"""Make of a payload another one, or None to pass over it. Raises ValueError."""


def by_expression(expression: str) -> Mend:
    """Compile a jq expression. Raises MendingError.

    What it does not change keeps its very bytes: jq alone would round whole numbers that are longer
    than 53 bits, and write 1.10 as 1.1.
    """
    try:
        mend, same = jq.compile(expression), jq.compile(".")
    except ValueError as error:
        raise MendingError(f"--jq: {str(error).strip().splitlines()[0]}") from None

    def mended(payload: bytes) -> bytes | None:
        text = payload.decode()
        outputs = mend.input_text(text).text().splitlines()
        if not outputs:
            return None
        if len(outputs) > 1:
            raise ValueError(f"--jq gives {len(outputs)} values, not one")
        return _kept(payload, same.input_text(text).text(), outputs[0])

    return mended


def _kept(payload: bytes, before: str, after: str) -> bytes:
    """Give `after`, but with the members that are the same as `before` as they were written."""
    try:
        written, read, made = _members(payload), _members(before), _members(after)
    except msgspec.DecodeError:
        return after.encode()  # no object: there are no members
    return _encode(
        {
            name: written[name] if name in read and bytes(read[name]) == bytes(value) else value
            for name, value in made.items()
        }
    )


def as_text(payloads: Mapping[str, tuple[str, bytes]]) -> bytes:
    """Write payloads, each behind a line with its name and what is wrong, for an editor."""
    parts = [
        _MARK + f"{name} {' '.join(why.split())}".encode() + b"\n" + payload + b"\n"
        for name, (why, payload) in payloads.items()
    ]
    return b"".join([b"#### Mend what stands below. One that is taken out is not sent.\n", *parts])


def from_text(text: bytes, names: Sequence[str]) -> dict[str, bytes]:
    """Read what came of `as_text`, by name. Raises MendingError for a name that is unknown."""
    found: dict[str, bytes] = {}
    for part in (b"\n" + text).split(b"\n" + _MARK)[1:]:
        head, _, payload = part.partition(b"\n")
        name = head.split(b" ", 1)[0].decode(errors="replace")
        if name == "Mend":
            continue
        if name not in names:
            raise MendingError(f"the edited text names {name!r}, which is none of those given")
        if payload.strip():
            found[name] = payload.strip(b"\r\n")
    return found


def said(error: Exception) -> str:
    """Say in one line what jq or Python thinks of a payload."""
    words: Any = str(error).strip().splitlines()
    return words[0][:200] if words else type(error).__name__
