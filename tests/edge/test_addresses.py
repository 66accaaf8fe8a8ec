"""Clients of IPv4 at an edge that listens at ::, where their addresses come inside IPv6."""

from ipaddress import ip_network

from edge.addresses import ClientAddresses, household, shown

ADDRESSES = ClientAddresses([ip_network("10.0.0.0/8")])


def test_they_are_told_apart() -> None:
    first, other = (ADDRESSES.of(f"[::ffff:192.0.2.{n}]:5000", None) for n in (1, 2))

    assert (household(first), household(other)) == ("192.0.2.1", "192.0.2.2")
    assert shown(first) == "192.0.2.0"


def test_a_proxy_among_them_is_trusted() -> None:
    address = ADDRESSES.of("[::ffff:10.0.0.1]:5000", "203.0.113.7, ::ffff:10.0.0.2")

    assert str(address) == "203.0.113.7"
