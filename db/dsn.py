"""What a DSN names: one server, or several of which one takes writes."""

import re
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

_PORT = 5432
_SCHEMES = frozenset({"postgresql", "postgres"})


class Host(NamedTuple):
    """Where a server listens; a name that begins with `/` is the folder of its socket."""

    name: str
    port: int


def check(dsn: str) -> None:
    """Raise ValueError, with nothing of the DSN in it, where asyncpg could not use it.

    asyncpg's own errors may quote the password.
    """
    try:
        parts = urlsplit(dsn)
        is_dsn = parts.scheme in _SCHEMES and not parts.fragment
        # an `@` or `/` of a password that is not written as %XX ends up in what follows it
        is_dsn = is_dsn and parts.netloc.count("@") <= 1 and "@" not in parts.path
        parse_qs(parts.query, strict_parsing=bool(parts.query))
        is_dsn = is_dsn and all(0 < host.port < 65_536 for host in hosts(dsn))  # noqa: PLR2004
    except ValueError:
        is_dsn = False
    if not is_dsn:
        raise ValueError(
            "expected postgresql://user:password@host:port/name, several host:port with commas "
            "between them, special characters of the password written as %XX"
        )


def hosts(dsn: str) -> list[Host]:
    """Give the servers in their order; none where it leaves that to the environment (PGHOST).

    Written as `h1:5432,h2:5432` before the path, or as `?host=h1,h2&port=5432,5432`.
    """
    parts = urlsplit(dsn)
    query = parse_qs(parts.query)
    before_path = unquote(parts.netloc.rpartition("@")[2])
    written = before_path or query.get("host", [""])[-1]
    if not written:
        return []
    names = written.split(",")
    ports = query.get("port", [str(_PORT)])[-1].split(",")
    if len(ports) == 1:
        ports *= len(names)
    return [_host(name, int(port)) for name, port in zip(names, ports, strict=True)]


def wanted_server(dsn: str) -> str | None:
    """Say which of the servers is wanted, in PostgreSQL's words; None where only one is named.

    Headrace writes: of several it wants the one that takes writes, unless the DSN says otherwise.
    """
    asked = parse_qs(urlsplit(dsn).query).get("target_session_attrs")
    if asked:
        return asked[-1]
    return "read-write" if len(hosts(dsn)) > 1 else None


def for_eyes(dsn: str) -> str:
    """Give the DSN without its passwords."""
    without = re.sub(r"(//[^:/@]*):[^@/]*@", r"\1@", dsn)
    return re.sub(r"([?&](?:ssl)?password=)[^&]*", r"\1***", without)


def _host(written: str, port: int) -> Host:
    if not written:
        raise ValueError("no host")
    if written.startswith("/"):
        return Host(written, port)
    if written.startswith("["):
        name, closed, after = written[1:].partition("]")
        if not closed or (after and not after.startswith(":")):
            raise ValueError("no IPv6 address")
        return Host(name, int(after[1:]) if after else port)
    name, colon, own_port = written.partition(":")
    if not name:
        raise ValueError("no host")
    return Host(name, int(own_port) if colon else port)
