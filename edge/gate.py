"""Who may send what, and how much of it."""

from __future__ import annotations

from dataclasses import dataclass

from edge.addresses import Address, ClientAddresses, household
from edge.keys import ApiKey, KeyRing
from edge.limits import RateLimit
from edge.messages import Headers, Request
from edge.problems import Problem

_BEARER = "bearer "
_NOBODY = ApiKey(name="anyone", sha256="0" * 64)


@dataclass(slots=True)  # made for each request, and frozen costs twice as much
class Caller:
    """Who sends a request: its key, and the address that it comes from."""

    key: ApiKey
    address: Address
    _gate: Gate

    @property
    def name(self) -> str:
        return self.key.name

    def charge(self, stream: str, events: int) -> None:
        """Let the caller send so many events to a stream. Raises Problem: 403 or 429."""
        if self.key.streams and stream not in self.key.streams:
            raise Problem(403, f"this API key may not write to {stream}")
        self._gate.charge(self, events)


class Gate:
    """Knows callers by their API keys; without any key everybody may call."""

    def __init__(
        self, keys: KeyRing, addresses: ClientAddresses, client_rate: int, processes: int, most: int
    ) -> None:
        """Take the rate of a client; each of the `processes` gives its share of every rate.

        `most` is how many events a body may have.
        """
        self._keys = keys
        self._addresses = addresses
        self._processes = processes
        self._most = most
        self._by_client = self._limit(client_rate) if client_rate else None
        self._by_rate: dict[int, RateLimit] = {}

    def admit(self, request: Request) -> Caller:
        """Tell who calls. Raises Problem: 401 or 429."""
        address = self._addresses.of(request.scope.client, _forwarded(request.headers))
        if self._keys.is_empty:
            return Caller(_NOBODY, address, self)
        key = self._keys.find(_given(request))
        if key is None:
            self._charge_client(address, 1)  # guessing is limited as sending is
            raise Problem(
                401,
                "send a valid API key: Authorization: Bearer KEY, or ?key=KEY where a browser "
                "cannot set headers",
                ("www-authenticate", "Bearer"),
            )
        return Caller(key, address, self)

    def charge(self, caller: Caller, events: int) -> None:
        """Count events against the limits of a caller. Raises Problem 429."""
        self._charge_client(caller.address, events)
        rate = caller.key.events_per_second
        if rate:
            limit = self._by_rate.get(rate)
            if limit is None:
                limit = self._by_rate[rate] = self._limit(rate)
            limit.charge(caller.key.name, events)

    def _charge_client(self, address: Address, events: int) -> None:
        if self._by_client is not None:
            self._by_client.charge(household(address), events)

    def _limit(self, rate: int) -> RateLimit:
        return RateLimit(max(1, rate // self._processes), self._most)


def _forwarded(headers: Headers) -> str | None:
    """Put all of `X-Forwarded-For` together: a client's own line may stand before a proxy's."""
    if "x-forwarded-for" not in headers:
        return None
    return ",".join(value for name, value in headers.items() if name == "x-forwarded-for")


def _given(request: Request) -> str:
    said: str = request.headers.get("authorization", "")
    if said[: len(_BEARER)].lower() == _BEARER:
        return said[len(_BEARER) :].strip()
    return request.headers.get("x-api-key") or request.query.get("key", "")
