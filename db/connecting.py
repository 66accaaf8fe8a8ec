"""Connecting to the server, or to the one of several that takes writes."""

import ssl
from typing import Any

import asyncpg

from db.dsn import Host, hosts, wanted_server

_SECONDS = 60.0
_REACH_SECONDS = 10.0
_HOST_SECONDS = 5.0
"""For each of several servers: one whose machine is gone answers nothing at all."""


class DatabaseUnreachableError(ConnectionError):
    """No server answers, or none of several takes writes now. The message names no address."""


async def connect(dsn: str, *, timeout: float = _SECONDS, **options: Any) -> asyncpg.Connection:  # noqa: ASYNC109 - asyncpg's name
    """Connect as asyncpg does, but each of several servers has a time of its own.

    asyncpg has one limit for all: where the first machine is gone without a word, the second would
    never be asked. Raises DatabaseUnreachableError, which is an OSError, and asyncpg.PostgresError
    where a server answered and refused.
    """
    several = hosts(dsn)
    if len(several) < 2:  # noqa: PLR2004 - one, or what the environment says
        return await _connect(dsn, timeout, options)
    options["target_session_attrs"] = wanted_server(dsn)
    limit = min(timeout / len(several), _HOST_SECONDS)
    reasons = []
    for host in several:
        try:
            return await _connect(dsn, limit, options, host)
        except (DatabaseUnreachableError, asyncpg.CannotConnectNowError) as error:
            reasons.append(str(error))
    raise DatabaseUnreachableError(f"none of {len(several)} servers can be used: {_told(reasons)}")


async def reach(dsn: str) -> None:
    """Return once the database has answered. Raises what `connect` does, after some seconds."""
    connection = await connect(dsn, timeout=_REACH_SECONDS)
    await connection.close()


async def _connect(
    dsn: str, seconds: float, options: dict[str, Any], host: Host | None = None
) -> asyncpg.Connection:
    place: dict[str, Any] = {} if host is None else {"host": host.name, "port": host.port}
    try:
        return await asyncpg.connect(dsn, timeout=seconds, **place, **options)
    except TimeoutError:
        raise DatabaseUnreachableError(f"no answer within {seconds:.0f} s") from None
    except asyncpg.TargetServerAttributeNotMatched:
        raise DatabaseUnreachableError("takes no writes (a standby)") from None
    except asyncpg.PostgresConnectionError:  # cut in the middle of saying hello
        raise DatabaseUnreachableError("connection lost") from None
    except OSError as error:
        raise DatabaseUnreachableError(_why(error)) from None


def _why(error: OSError) -> str:
    """Say why, without the address that Python's message may hold."""
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, ConnectionError):
        return "connection lost"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {error.reason or 'no reason given'}"
    # of a host with several addresses asyncio joins what each of them said
    is_plain = error.errno and error.strerror and "(" not in error.strerror
    return str(error.strerror) if is_plain else "connection failed"


def _told(reasons: list[str]) -> str:
    return "; ".join(f"{place}: {reason}" for place, reason in enumerate(reasons, 1))
