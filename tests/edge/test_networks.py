"""Networks of clients, and what is kept of their addresses."""

import json
from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from edge.networks import (
    UNKNOWN,
    Address,
    Addresses,
    Databases,
    Network,
    completed,
    proxies,
    read_address,
)
from tests.edge.clock import Clock

ADDRESSES = st.ip_addresses()
KEY = b"k" * 32


def write(path: Path, networks: Mapping[str, Mapping[str, Any]]) -> Path:
    """Write a database as whoever keeps one up to date does: beside, then in its place."""
    writer = MMDBWriter(6, "Test", ["en"], "a test", ipv4_compatible=True, int_type="u32")
    for network, record in networks.items():
        writer.insert_network(IPSet([network]), dict(record))
    writer.to_db_file(str(path.with_suffix(".new")))
    path.with_suffix(".new").replace(path)
    return path


def address(said: str) -> Address:
    read = read_address(said)
    assert read is not None
    return read


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"autonomous_system_number": 64500}, Network(64500)),
        ({"country": {"iso_code": "DE"}}, Network(0, "DE")),
        ({"asn": "AS64500", "country_code": "de"}, Network(64500, "DE")),
        ({"asn": "AS", "country": "XX"}, UNKNOWN),
        ({"asn": "99999999999", "country": {}}, UNKNOWN),
    ],
)
def test_records_of_several_makers(
    tmp_path: Path, record: dict[str, Any], expected: Network
) -> None:
    path = write(tmp_path / "a.mmdb", {"192.0.2.0/24": record})

    databases = Databases([path], Clock())

    assert databases.network(address("192.0.2.7")) == expected
    assert databases.network(address("::ffff:192.0.2.7")) == expected
    assert databases.network(address("198.51.100.1")) == UNKNOWN


def test_two_files_add_to_each_other(tmp_path: Path) -> None:
    asns = write(tmp_path / "asn.mmdb", {"2001:db8::/32": {"autonomous_system_number": 64500}})
    countries = write(tmp_path / "c.mmdb", {"2001:db8::/32": {"country": {"iso_code": "FR"}}})

    found = Databases([asns, countries], Clock()).network(address("2001:db8::1"))

    assert found == Network(64500, "FR")


def test_a_file_that_changed_is_read_anew(tmp_path: Path) -> None:
    clock = Clock()
    path = write(tmp_path / "a.mmdb", {"192.0.2.0/24": {"asn": "64500"}})
    databases = Databases([path], clock, every_seconds=10)
    write(path, {"192.0.2.0/24": {"asn": "64501"}})

    before = databases.network(address("192.0.2.1"))
    clock.now = 10
    after = databases.network(address("192.0.2.1"))

    assert (before.asn, after.asn) == (64500, 64501)


@pytest.mark.parametrize("damage", [b"", b"no database", None])
def test_what_cannot_be_read_leaves_what_was(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: bytes | None
) -> None:
    clock = Clock()
    path = write(tmp_path / "a.mmdb", {"192.0.2.0/24": {"asn": "64500"}})
    databases = Databases([path], clock)
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage)
    clock.now = 10

    assert databases.network(address("192.0.2.1")).asn == 64500
    assert f"cannot read {path}, what it said before holds" in caplog.text


def test_a_file_that_comes_later_is_found(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    clock, path = Clock(), tmp_path / "a.mmdb"
    databases = Databases([path], clock)
    assert f"cannot read {path}, no network is known by it" in caplog.text

    assert databases.network(address("192.0.2.1")) == UNKNOWN
    write(path, {"192.0.2.0/24": {"asn": "64500"}})
    clock.now = 10
    assert databases.network(address("192.0.2.1")).asn == 64500


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        pytest.param("203.0.113.9", "192.0.2.1", "203.0.113.9", id="nobody to believe"),
        pytest.param("10.0.0.1", "192.0.2.1", "192.0.2.1", id="one proxy"),
        pytest.param("10.0.0.1", "192.0.2.1, 10.0.0.2", "192.0.2.1", id="two proxies"),
        pytest.param("10.0.0.1", "6.6.6.6, 192.0.2.1", "192.0.2.1", id="a client that lies"),
        pytest.param("10.0.0.1", "", "10.0.0.1", id="no header"),
        pytest.param("10.0.0.1", "192.0.2.1, unknown", "10.0.0.1", id="no address in it"),
        pytest.param("::ffff:10.0.0.1", "[2001:db8::1]", "2001:db8::1", id="IPv6"),
    ],
)
def test_only_trusted_hops_are_followed(peer: str, forwarded: str, client: str) -> None:
    found = proxies(["10.0.0.0/8", "fd00::/8"]).client(peer, forwarded)

    assert str(found) == client


def test_a_trusted_proxy_may_say_the_network() -> None:
    told = proxies(["10.0.0.0/8"], asn_header="x-asn", country_header="x-country")
    headers = {"x-asn": "AS64500", "x-country": "DE"}

    assert told.says("10.0.0.1", headers) == Network(64500, "DE")
    assert told.says("192.0.2.1", headers) == UNKNOWN
    assert told.says("unix:", headers) == UNKNOWN
    assert proxies(["10.0.0.0/8"]).says("10.0.0.1", headers) == UNKNOWN


@given(ADDRESSES)
def test_truncated_addresses_are_networks(one: Address) -> None:
    bits = 24 if one.version == 4 else 48

    kept = ip_address(Addresses("truncated").kept(one))

    assert one in ip_network(f"{kept}/{bits}")


@given(ADDRESSES, ADDRESSES)
def test_hashed_addresses_tell_clients_apart_and_not_who_they_are(
    one: Address, other: Address
) -> None:
    hashing = Addresses("hashed", KEY)

    kept = ip_address(hashing.kept(one))

    assert isinstance(kept, IPv6Address)
    assert kept in ip_network("fd00::/8")
    assert (hashing.kept(other) == str(kept)) == (one == other)
    assert Addresses("hashed", KEY + b"2").kept(one) != str(kept)


def test_a_key_is_long_and_is_not_shown() -> None:
    with pytest.raises(ValueError, match="needs 16 bytes"):
        Addresses("hashed", b"short")
    assert "kkk" not in repr(Addresses("hashed", KEY))


@pytest.mark.parametrize(("keeping", "kept"), [("whole", "77"), ("truncated", "0")])
def test_an_event_gets_its_network_and_loses_its_address(keeping: Any, kept: str) -> None:
    event = json.dumps({"time": "now", "ip_address": "192.0.2.77", "extra": {"asn": 1}})

    found = completed(event.encode(), Addresses(keeping), ["ip_address"], 64500, "asn")

    assert json.loads(found) == {
        "time": "now",
        "ip_address": f"192.0.2.{kept}",
        "extra": {"asn": 1},
        "asn": 64500,
    }


@pytest.mark.parametrize(("said", "asn"), [("0", 64500), ("null", 64500), ("7", 7), ('"x"', "x")])
def test_what_a_client_says_of_its_network_stays(said: str, asn: Any) -> None:
    found = completed(b'{"asn":%b}' % said.encode(), Addresses(), (), 64500, "asn")

    assert json.loads(found)["asn"] == asn


def test_a_network_that_nobody_knows_is_none() -> None:
    assert completed(b'{"a":1}', Addresses(), (), 0, "asn") == b'{"a":1,"asn":0}'


@pytest.mark.parametrize(
    "value",
    [b"", b"[]", b"{", b'{"a":"\xff"}', b'{"a": "192.0.2.77", "asn": 0}'],
)
def test_what_is_no_event_or_needs_nothing_stays_as_it_is(value: bytes) -> None:
    asn_field = "asn" if b"asn" in value else ""

    assert completed(value, Addresses("truncated"), ["ip_address"], 0, asn_field) == value


@pytest.mark.parametrize("said", ['"192.0.2.77:443"', "3221226061", '["192.0.2.77"]', '""'])
def test_what_is_no_address_may_hold_one_and_is_not_kept(said: str) -> None:
    found = completed(b'{"ip_address":%b}' % said.encode(), Addresses("truncated"), ["ip_address"])

    assert found == b'{"ip_address":"not kept"}'


@pytest.mark.parametrize("last", ["null", '"192.0.2.0"', '"here"'])
def test_an_address_that_stands_twice_is_kept_at_no_place(last: str) -> None:
    event = b'{"ip_address":"192.0.2.77","ip_address":%b}' % last.encode()

    found = completed(event, Addresses("truncated"), ["ip_address"])

    assert found == b'{"ip_address":%b}' % last.replace("here", "not kept").encode()
