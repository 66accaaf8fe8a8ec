"""Whose network a client is in, and what of its address is kept. Pure but for reading the files.

A network is looked up by the whole address; what is stored of the address is decided apart
(`Addresses`). docs/guides/privacy.md tells people what ends where.
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from pathlib import Path
from typing import Any, Literal

import maxminddb
import msgspec

from config.edge_settings import SHORTEST_ADDRESSES_KEY

logger = logging.getLogger(__name__)

Address = IPv4Address | IPv6Address

_LARGEST_ASN = 2**32 - 1
_KEPT_BITS = {4: 24, 6: 48}
_MOST_HOPS = 32
_HOLDS = "what it said before holds"


@dataclass(frozen=True, slots=True)
class Network:
    """An autonomous system, 0 where it is not known, and an ISO 3166-1 country, "" where not."""

    asn: int = 0
    country: str = ""


UNKNOWN = Network()


def read_address(said: str) -> Address | None:
    """Read an address; one of IPv4 inside IPv6 is one of IPv4. None for what is no address."""
    try:
        read = ip_address(said.strip().strip("[]"))
    except ValueError:
        return None
    mapped = read.ipv4_mapped if isinstance(read, IPv6Address) else None
    return mapped or read


class Databases:
    """Files in MaxMind's format, read anew when they change: GeoLite2-ASN, -Country and the like.

    Several may be given: the first that knows something says it. Files are looked at once in
    `every_seconds` by `clock`, and held in memory, so that one may be written over in place; one
    that cannot be read is passed over with a warning, and what was read before is used on.
    """

    def __init__(
        self, paths: Sequence[Path], clock: Callable[[], float], *, every_seconds: float = 10
    ) -> None:
        self._files = [_File(path) for path in paths]
        self._clock = clock
        self._every_seconds = every_seconds
        self._looked_at = clock()
        self._look()

    @property
    def are_any(self) -> bool:
        return bool(self._files)

    def network(self, address: Address) -> Network:
        """Look an address up."""
        if not self._files:
            return UNKNOWN
        now = self._clock()
        if now - self._looked_at >= self._every_seconds:
            self._looked_at = now
            self._look()
        found = [read for file in self._files if (read := file.network(address)) != UNKNOWN]
        asn = next((one.asn for one in found if one.asn), 0)
        return Network(asn, next((one.country for one in found if one.country), ""))

    def _look(self) -> None:
        for file in self._files:
            file.look()


@dataclass(slots=True)
class _File:
    path: Path
    reader: maxminddb.Reader | None = None
    seen: tuple[int, ...] = ()
    trouble: str = ""

    def look(self) -> None:
        try:
            status = self.path.stat()
            seen = (status.st_mtime_ns, status.st_size, status.st_ino)
            if seen == self.seen:
                return
            self.reader = maxminddb.open_database(self.path, maxminddb.MODE_MEMORY)
            self.seen, self.trouble = seen, ""
        except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
            if self.trouble != (trouble := str(error)):  # once, not every ten seconds
                meanwhile = "no network is known by it" if self.reader is None else _HOLDS
                logger.warning("cannot read %s, %s: %s", self.path, meanwhile, trouble)
            self.trouble = trouble

    def network(self, address: Address) -> Network:
        if self.reader is None:
            return UNKNOWN
        try:
            return _network(self.reader.get(address))
        except (ValueError, maxminddb.InvalidDatabaseError):
            return UNKNOWN  # an IPv6 address in a file of IPv4, or a damaged place


def _network(record: Any) -> Network:
    """Read a record: MaxMind's own names, and those of the flat files of others."""
    if not isinstance(record, dict):
        return UNKNOWN
    country = record.get("country", record.get("country_code"))
    if isinstance(country, dict):
        country = country.get("iso_code")
    return Network(
        _asn(record.get("autonomous_system_number", record.get("asn"))), _country(country)
    )


def _asn(said: Any) -> int:
    digits = str(said).strip().upper().removeprefix("AS")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= len(str(_LARGEST_ASN))):
        return 0
    asn = int(digits)
    return asn if asn <= _LARGEST_ASN else 0


def _country(said: Any) -> str:
    code = str(said).strip().upper()
    # XX and T1 are what CDNs say of the unknown and of Tor
    is_one = len(code) == 2 and code.isascii() and code.isalpha() and code != "XX"  # noqa: PLR2004
    return code if is_one else ""


@dataclass(frozen=True, slots=True)
class Proxies:
    """Which hops before us are believed, and what they say. Nobody is by default.

    `asn_header` and `country_header` are in lower case, "" for none; a proxy that is told to send
    them has to take away those that clients send.
    """

    trusted: tuple[IPv4Network | IPv6Network, ...] = ()
    asn_header: str = ""
    country_header: str = ""

    def client(self, peer: str, forwarded_for: str = "") -> Address | None:
        """Give the client's address, from the peer and `X-Forwarded-For`.

        Hops are followed from the last one as long as they are trusted: what stands before one
        that is not, anybody can have written.
        """
        address = read_address(peer)
        for said in reversed(forwarded_for.split(",")[-_MOST_HOPS:]):
            if address is None or not self.trusts(address):
                break
            before = read_address(said)
            if before is None:
                break
            address = before
        return address

    def says(self, peer: str, headers: Mapping[str, str]) -> Network:
        """Give what a trusted peer says of the client's network; names are in lower case."""
        address = read_address(peer)
        if address is None or not self.trusts(address):
            return UNKNOWN
        return Network(
            _asn(headers.get(self.asn_header, "")), _country(headers.get(self.country_header, ""))
        )

    def trusts(self, address: Address) -> bool:
        return any(address in network for network in self.trusted)


def proxies(trusted: Sequence[str], **headers: str) -> Proxies:
    """Make them from texts like `10.0.0.0/8`. Raises ValueError for one that is no network."""
    return Proxies(tuple(map(ip_network, trusted)), **headers)


Keeping = Literal["whole", "truncated", "hashed"]


@dataclass(frozen=True, slots=True)
class Addresses:
    """What is kept of an address. Raises ValueError for a key that is too short to hash with.

    `truncated` keeps /24 of IPv4 and /48 of IPv6. `hashed` makes an address of fd00::/8 out of a
    keyed hash, so that it fits where an address stands: the same client has the same one as long
    as the key is the same, and nobody without the key can try all addresses.
    """

    keeping: Keeping = "whole"
    key: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        if self.keeping == "hashed" and len(self.key) < SHORTEST_ADDRESSES_KEY:
            raise ValueError(
                f"a key to hash addresses with needs {SHORTEST_ADDRESSES_KEY} bytes; "
                "make one by: openssl rand -hex 32"
            )

    def kept(self, address: Address) -> str:
        if self.keeping == "whole":
            return str(address)
        if self.keeping == "truncated":
            bits = _KEPT_BITS[address.version]
            return str(ip_network((address, bits), strict=False).network_address)
        digest = blake2b(address.packed, key=self.key[:64], digest_size=15).digest()
        return str(IPv6Address(b"\xfd" + digest))


_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_text = msgspec.json.Decoder(str).decode
_encode = msgspec.json.Encoder().encode
_NOT_SAID = (b"0", b"null")
_NO_ADDRESS = "not kept"
"""Stands for what is no address, and so is refused as that was: it may well hold one, as
"192.0.2.77:443" does, and dead letters are stored."""


def completed(
    value: bytes,
    addresses: Addresses,
    address_fields: Collection[str],
    asn: int = 0,
    asn_field: str = "",
) -> bytes:
    """Put the network into an event that has none, and keep of its addresses what may be kept.

    A network that the client says stays. An event that needs no change, and what is no JSON object,
    is returned as it is: the contract says what is wrong with it. Of a key that stands twice the
    last one is kept, by which the contract goes.
    """
    try:
        members: dict[str, Any] = _members(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return value
    new: dict[str, Any] = {
        name: _kept(members[name], addresses) for name in address_fields if name in members
    }
    said = members.get(asn_field) if asn_field else b"1"
    if said is None or (asn and bytes(said) in _NOT_SAID):
        new[asn_field] = asn
    return _encode(members | new) if new else value


def _kept(written: msgspec.Raw, addresses: Addresses) -> str | None:
    """Give what is kept of an address; None where the event says none."""
    if bytes(written) == b"null":
        return None
    try:
        address = read_address(_text(written))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _NO_ADDRESS
    return _NO_ADDRESS if address is None else addresses.kept(address)
