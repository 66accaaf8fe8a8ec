"""Addresses of Kafka brokers, as people write them."""

import re

_SCHEME = "kafka://"
_PORT = 9092
_ADDRESS = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(?::(?P<port>\d{1,5}))?")
_EXPECTED = (
    "expected host:port of a Kafka broker, several with commas between them; "
    "kafka:// may stand before it"
)


def brokers(written: str) -> str:
    """Read `kafka://one:9092,two` as `one:9092,two:9092`, which aiokafka takes.

    As Faust's users write it: with the scheme or without, before each of several or only the first
    (between them `,` or `;`), the port 9092 left out. Raises ValueError, without the address.
    """
    addresses = [part.strip() for part in re.split("[,;]", written)]
    if any("@" in address for address in addresses):
        raise ValueError(f"{_EXPECTED}. Users and passwords (SASL) are not supported")
    return ",".join(map(_address, addresses))


def _address(written: str) -> str:
    found = _ADDRESS.fullmatch(written.removeprefix(_SCHEME).removesuffix("/"))
    port = int(found["port"] or _PORT) if found else 0
    if not (found and 0 < port < 65_536):  # noqa: PLR2004 - ports are 16 bits
        raise ValueError(_EXPECTED)
    return f"{found['host']}:{port}"
