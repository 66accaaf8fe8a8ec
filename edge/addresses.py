"""Who a client is: its address, also behind proxies that are trusted."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

_MOST_HOPS = 20
_IPV4_SHOWN, _IPV6_SHOWN = 24, 48
_IPV6_HOUSEHOLD = 64


class ClientAddresses:
    """Reads `X-Forwarded-For` from the right, as far as each hop is one of the trusted ones."""

    def __init__(self, trusted: Iterable[Network]) -> None:
        self._trusted = tuple(trusted)

    def of(self, peer: str, forwarded: str | None) -> Address:
        """Give a client's address; `peer` is `address:port` of the connection."""
        address = _address(peer)
        if not forwarded or not self._is_trusted(address):
            return address
        for hop in reversed(forwarded.rsplit(",", _MOST_HOPS)[-_MOST_HOPS:]):
            try:
                address = _plain(ip_address(hop.strip()))
            except ValueError:
                return address  # what a trusted hop did not write as an address is nobody's
            if not self._is_trusted(address):
                return address
        return address

    def _is_trusted(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)


@lru_cache(maxsize=1_024)
def _address(peer: str) -> Address:
    return _plain(ip_address(peer.rsplit(":", 1)[0].strip("[]")))


def _plain(address: Address) -> Address:
    """Give the IPv4 address in ::ffff:192.0.2.1: so one comes to an edge that listens at ::."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def household(address: Address) -> str:
    """Say whom limits count: an IPv4 address, or the /64 that one IPv6 client has to itself."""
    return str(address) if address.version == 4 else _within(address, _IPV6_HOUSEHOLD)  # noqa: PLR2004 - IPv4


def shown(address: Address) -> str:
    """Write an address for a log, without what tells one household from another."""
    return _within(address, _IPV4_SHOWN if address.version == 4 else _IPV6_SHOWN)  # noqa: PLR2004 - IPv4


def _within(address: Address, prefix: int) -> str:
    return str(ip_network((address, prefix), strict=False).network_address)
