"""A request and its answer, as handlers see them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from typing import Any, Protocol
from urllib.parse import parse_qs

import msgspec

YES = frozenset({"true", "1", "yes"})
NO = frozenset({"false", "0", "no"})
"""How a query says so, in letters of either case."""


class Headers(Protocol):
    """Of a request; names are in lower case."""

    def get(self, key: str, default: Any = None) -> Any: ...
    def items(self) -> list[tuple[str, str]]: ...
    def __contains__(self, key: str) -> bool: ...


class Scope(Protocol):
    """What granian tells of a request; `client` is `address:port`."""

    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def query_string(self) -> str: ...
    @property
    def client(self) -> str: ...
    @property
    def headers(self) -> Headers: ...


class Channel(Protocol):
    """Granian's way to a request's body and back to its client."""

    async def __call__(self) -> bytes: ...
    def __aiter__(self) -> AsyncIterator[bytes]: ...
    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None: ...


class Caller(Protocol):
    """Who sends a request, as the gate knows them."""

    @property
    def name(self) -> str: ...
    @property
    def address(self) -> IPv4Address | IPv6Address: ...
    def charge(self, stream: str, events: int) -> None: ...


class Request:
    """One request. `parameters` are the parts of its path that the route has names for.

    `route` is its path as it was declared, `events` how many it was found to hold.
    """

    __slots__ = (
        "_query",
        "caller",
        "channel",
        "events",
        "headers",
        "method",
        "parameters",
        "path",
        "query_string",
        "route",
        "scope",
    )

    def __init__(self, scope: Scope, channel: Channel) -> None:
        self.scope = scope
        self.channel = channel
        # each of them is made anew by granian whenever it is asked for
        self.method = scope.method
        self.path = scope.path
        self.query_string = scope.query_string
        self.headers = scope.headers
        self.parameters: Mapping[str, str] = {}
        self.caller: Caller | None = None
        self.route = ""
        self.events = 0
        self._query: Mapping[str, str] | None = None

    def charge(self, stream: str, events: int) -> None:
        """Let the caller send so many events to a stream. Raises Problem: 403 or 429."""
        self.events = events
        if self.caller is not None:
            self.caller.charge(stream, events)

    @property
    def query(self) -> Mapping[str, str]:
        """The last value of each parameter of the query."""
        if self._query is None:
            said = self.query_string
            found = parse_qs(said, keep_blank_values=True) if said else {}
            self._query = {name: values[-1] for name, values in found.items()}
        return self._query

    def is_asked(self, name: str) -> bool:
        """Say whether the query says yes to this."""
        return self.query.get(name, "").lower() in YES


@dataclass(slots=True)
class Response:
    """An answer with its whole body."""

    status: int
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)


def json_response(status: int, content: object, *headers: tuple[str, str]) -> Response:
    body = msgspec.json.encode(content)
    return Response(status, body, [("content-type", "application/json"), *headers])
