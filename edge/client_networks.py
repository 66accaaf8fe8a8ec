"""Whose network a request comes from: what a trusted proxy says, else what files say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from edge.messages import Request
from edge.networks import UNKNOWN, Databases, Network, Proxies


class ClientNetworks:
    """Looks clients up by the address that the gate found."""

    def __init__(self, databases: Databases, proxies: Proxies) -> None:
        self._databases = databases
        self._proxies = proxies
        self._asks_proxies = bool(proxies.asn_header or proxies.country_header)

    @property
    def is_configured(self) -> bool:
        """Say whether anything is asked for networks."""
        return self._asks_proxies or self._databases.are_any

    def of(self, request: Request) -> Network:
        """Give what is known of the client's network, which may be nothing."""
        if self._asks_proxies:
            peer = request.scope.client.rsplit(":", 1)[0]
            said = self._proxies.says(peer, cast("Mapping[str, str]", request.headers))
            if said != UNKNOWN:
                return said
        return self._databases.network(request.caller.address) if request.caller else UNKNOWN
