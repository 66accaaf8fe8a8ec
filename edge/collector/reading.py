"""From a request to lines of CMCD, whichever way it carries them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from edge.bodies import BodyReader
from edge.cmcd import lines
from edge.cmcd.lines import Line, TooManyLinesError
from edge.collector.slices import Slices
from edge.messages import Request
from edge.problems import Problem

Mode = Literal["body", "log", "query", "headers"]

_DICTIONARIES = "application/cmcd"
_ADDRESSES = "text/uri-list"
_ANY = frozenset(["", "application/json", "text/plain"])
"""What `navigator.sendBeacon` says, and those who say nothing: the first character decides."""


class Found(NamedTuple):
    """The lines of a request, and how it carried them."""

    lines: list[Line]
    mode: Mode


async def read(request: Request, bodies: BodyReader, slices: Slices) -> Found:
    """Read a request. Raises Problem: 400, 413, 415 or 503.

    A body that says to be CMCD is read first; a player's own request, mirrored here, may have one
    that is something else, so query and headers come before what merely may be CMCD.
    """
    content_type = _content_type(request) if request.method == "POST" else ""
    if content_type in {_DICTIONARIES, _ADDRESSES}:
        mode: Mode = "log" if content_type == _ADDRESSES else "body"
        return Found(await _of_body(await bodies.read(request), content_type, slices), mode)
    carried = _of_request(request)
    if carried is not None:
        return carried
    if request.method == "GET":
        raise Problem(400, "there is no CMCD: send ?CMCD=, CMCD-* headers, or POST a body")
    if content_type not in _ANY:
        raise Problem(
            415,
            "send application/cmcd (one dictionary a line), text/uri-list (addresses with ?CMCD=) "
            "or application/json",
        )
    return Found(await _of_body(await bodies.read(request), content_type, slices), "body")


def _content_type(request: Request) -> str:
    said: str = request.headers.get("content-type", "")
    return said.partition(";")[0].strip().lower()


def _of_request(request: Request) -> Found | None:
    line = lines.of_query(request.query_string)
    if line is not None:
        return Found([line], "query")
    said = {name: request.headers.get(name) for name in lines.HEADERS}
    line = lines.of_headers({name: value for name, value in said.items() if value})
    return Found([line], "headers") if line is not None else None


async def _of_body(body: bytes, content_type: str, slices: Slices) -> list[Line]:
    try:
        found = await slices.read(_lines(body, content_type), len(body))
    except TooManyLinesError as error:
        raise Problem(413, str(error)) from None
    if not found:
        raise Problem(400, "the body has no line of CMCD")
    return found


def _lines(body: bytes, content_type: str) -> Iterator[Line]:
    if content_type == _ADDRESSES:
        return lines.of_addresses(body)
    if content_type != _DICTIONARIES and body.lstrip()[:1] in {b"{", b"["}:
        return lines.of_json(body)
    return lines.of_body(body)
