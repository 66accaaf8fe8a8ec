"""From what came over HTTP to lines of CMCD, each read or refused by itself. Pure.

Lines of a body are read one by one, as they are asked for: a whole body may take seconds.

Five ways lead here: a body `application/cmcd` with one dictionary a line (what the event mode of
version 2 posts), a JSON body with one object or an array of them, a query `?CMCD=`, a body of
addresses with such queries, and the four headers `CMCD-Object`, `CMCD-Request`, `CMCD-Session`,
`CMCD-Status`. Response mode is event mode with `e=rr`.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

import msgspec

from edge.cmcd.dictionary import Members, NotADictionaryError, Scalar, Value, parse, plain_reader
from edge.cmcd.keys import OF_RESPONSES, WrongValueError, check, is_right
from models.dead_letters import Reason

HEADERS = ("cmcd-object", "cmcd-request", "cmcd-session", "cmcd-status")

LONGEST_LINE = 16_384
MOST_LINES = 1_000

_PARAMETER = "CMCD="
_BEYOND = 10**15
_NO_JSON = "no JSON; expected an object or an array of objects"
_any = msgspec.json.Decoder(float_hook=Decimal).decode
_array = msgspec.json.Decoder(list[msgspec.Raw]).decode
_FREQUENT = (("+", " "), ("%3D", "="), ("%2C", ","), ("%22", '"'), ("%3B", ";"), ("%20", " "))


class Read(msgspec.Struct, frozen=True, gc=False):
    """A line whose keys all hold what they may. `raw` is what came, for a dead letter."""

    raw: bytes
    members: Members


class Refused(msgspec.Struct, frozen=True, gc=False):
    """A line that is no CMCD. `detail` is the same for every line with the same mistake."""

    raw: bytes
    reason: Reason
    detail: str


Line = Read | Refused
_read_right = plain_reader(is_right)


class TooManyLinesError(ValueError):
    """A body has more than MOST_LINES."""


def of_body(body: bytes) -> Iterator[Line]:
    """Read `application/cmcd`: one dictionary a line; empty lines count for nothing.

    Raises TooManyLinesError.
    """
    lines = [line for line in body.splitlines() if line.strip()]
    _bound(lines)
    return (_of_bytes(line, is_event=True) for line in lines)


def of_json(body: bytes) -> Iterator[Line]:
    """Read one object or an array of them; a body that is no JSON is one refused line.

    Values are those of the dictionary: a list is an array of values or of
    `{"value": 3200, "params": {"v": true}}`. Raises TooManyLinesError.
    """
    objects = [msgspec.Raw(body)]
    if body.lstrip()[:1] == b"[":
        try:
            objects = _array(body)
        except (msgspec.DecodeError, RecursionError):
            return iter([Refused(body[:LONGEST_LINE], "malformed", _NO_JSON)])
    _bound(objects)
    return (_of_object(bytes(one)) for one in objects)


def of_addresses(body: bytes) -> Iterator[Line]:
    """Read `text/uri-list` (RFC 2483), one address with `?CMCD=` a line, as a CDN's log has them.

    Those without CMCD count for nothing. Raises TooManyLinesError.
    """
    addresses = [line for line in body.splitlines() if line.strip() and line[:1] != b"#"]
    _bound(addresses)
    queries = (line.decode("ascii", "replace").partition("?")[2] for line in addresses)
    return (line for query in queries if (line := of_query(query.strip())) is not None)


def of_query(query: str) -> Line | None:
    """Read the raw query of a URL (what stands behind its `?`); None where there is no CMCD."""
    found = [part for part in query.split("&") if part.startswith(_PARAMETER)]
    if not found:
        return None
    raw = found[0][len(_PARAMETER) :]
    if len(found) > 1:
        return Refused(query.encode(errors="replace"), "invalid", "CMCD is there more than once")
    return _of_text(_decoded(raw), is_event=False)


def of_headers(headers: Mapping[str, str]) -> Line | None:
    """Read the CMCD headers, whose names are in lower case; None where there are none.

    Which key stands in which header is not judged: whoever configures a player may change it.
    """
    parts = [headers[name] for name in HEADERS if headers.get(name)]
    return _of_text(",".join(parts), is_event=False) if parts else None


def _decoded(raw: str) -> str:
    # unquote costs more than all the rest of reading, and these are nearly all there is to do.
    # None of what they stand for can be part of another escape. A plus is a space: players that
    # build the query with URLSearchParams send it so, and all of them send %2B for a plus.
    for escape, character in _FREQUENT:
        raw = raw.replace(escape, character)
    left = raw.count("%")
    if left and left == raw.count("%25"):  # an address inside, `nor`, was encoded before
        return raw.replace("%25", "%")
    return unquote(raw) if left else raw


def _bound(lines: Sequence[object]) -> None:
    if len(lines) > MOST_LINES:
        raise TooManyLinesError(f"{len(lines)} lines; send {MOST_LINES} at most at once")


def _of_bytes(line: bytes, *, is_event: bool) -> Line:
    try:
        return _of_text(line.decode("ascii"), is_event=is_event)
    except UnicodeDecodeError:
        return Refused(line, "malformed", "a character that is not ASCII")


def _of_text(text: str, *, is_event: bool) -> Line:
    if len(text) > LONGEST_LINE:
        raw = text[:LONGEST_LINE].encode(errors="replace")
        return Refused(raw, "too_large", f"longer than {LONGEST_LINE} characters")
    raw = text.encode(errors="replace")
    members: Members | None = _read_right(text)
    if members is not None:
        return _whole(raw, members, is_event=is_event)
    try:
        members = parse(text)
    except NotADictionaryError as error:
        return Refused(raw, "malformed", f"no dictionary of RFC 8941: {error}")
    return _checked(raw, members, is_event=is_event)


def _of_object(raw: bytes) -> Line:
    if len(raw) > LONGEST_LINE:
        return Refused(raw[:LONGEST_LINE], "too_large", f"longer than {LONGEST_LINE} bytes")
    try:
        members = dict(_members(_any(raw)))
    except (msgspec.DecodeError, RecursionError, ArithmeticError):
        return Refused(raw, "malformed", _NO_JSON)
    except (TypeError, ValueError) as error:
        return Refused(raw, "invalid", str(error))
    return _checked(raw, members, is_event="e" in members)


def _members(held: Any) -> Iterator[tuple[str, Value]]:
    if not isinstance(held, dict):
        raise TypeError("no object; expected one with the keys of CMCD")
    for key, value in held.items():
        if value is None:
            continue  # as good as not said
        yield key, tuple(map(_item, value)) if isinstance(value, list) else _item(value)[0]


def _item(value: Any) -> tuple[Scalar, str]:
    if isinstance(value, dict):
        parameters = value.get("params") or {}
        if not isinstance(parameters, dict):
            raise TypeError('params: expected an object like {"v": true}')
        return _scalar(value.get("value")), next(iter(parameters), "")
    return _scalar(value), ""


def _scalar(value: Any) -> Scalar:
    if not isinstance(value, (bool, int, Decimal, str)):
        raise TypeError("a value that is none; expected a number, a string, a boolean or a list")
    if isinstance(value, (int, Decimal)) and not -_BEYOND < value < _BEYOND:
        raise TypeError("a number of more than 15 digits, which no dictionary holds")
    return value


def _checked(raw: bytes, members: Members, *, is_event: bool) -> Line:
    try:
        check(members)
    except WrongValueError as error:
        return Refused(raw, "invalid", str(error))
    return _whole(raw, members, is_event=is_event)


def _whole(raw: bytes, members: Members, *, is_event: bool) -> Line:
    wrong = _missing(members, is_event=is_event)
    return Refused(raw, "invalid", wrong) if wrong else Read(raw, members)


def _missing(members: Members, *, is_event: bool) -> str:
    if "sid" not in members:
        return "sid: is missing; without it nobody knows which session this is"
    event = members.get("e")
    if is_event and (event is None or "ts" not in members):
        return "e, ts: an event needs both"
    if event != "rr" and not OF_RESPONSES.isdisjoint(members):
        return f"{min(OF_RESPONSES & members.keys())}: only a response (e=rr) may say it"
    return ""
