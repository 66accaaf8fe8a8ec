"""What a database says about itself, for who looks for a fault: nothing here changes anything."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import asyncpg

from db.connecting import connect
from db.partitioning import Way, way_of
from db.queries import load

_SQL = Path(__file__).with_suffix(".sql")
_ASKED_OF = "0010"
"""Databases that an older release has migrated have less to ask."""


class UnreachableError(Exception):
    """The database does not let us in; `cure` says what to do about it."""

    def __init__(self, said: str, cure: str) -> None:
        super().__init__(said)
        self.cure = cure


@dataclass(frozen=True, slots=True)
class Examination:
    """`clock_seconds` is how far the server's clock is ahead of ours, half the round trip off.

    `revision` is None in a database that was never migrated.
    """

    version: int
    role: str
    is_read_only: bool
    syncs: bool
    commits_wait: bool
    size_bytes: int
    may_create: bool
    clock_seconds: float
    way: Way
    revision: str | None = None
    not_ours: tuple[str, ...] = ()
    has_reader: bool = False
    reader_lacks: int = 0


async def examine(dsn: str, seconds: float) -> Examination:
    """Look at a database, each statement within so many seconds. Raises UnreachableError."""
    try:
        connection = await connect(dsn, timeout=seconds, command_timeout=seconds)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise _unreachable(error) from None
    try:
        return await _look(connection)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise UnreachableError(
            f"it answers, and refuses to tell: {_words(error)}", "look at the server's log"
        ) from None
    finally:
        connection.terminate()  # a server that hangs would not answer a polite end


async def _look(connection: asyncpg.Connection) -> Examination:
    sql = load(_SQL)
    asked = time.time()
    server = (await connection.fetch(sql["server"]))[0]
    middle = (asked + time.time()) / 2
    found = Examination(
        version=server["version"],
        role=server["role"],
        is_read_only=server["is_read_only"],
        syncs=server["syncs"],
        commits_wait=server["commits_wait"],
        size_bytes=server["size_bytes"],
        may_create=server["may_create"],
        clock_seconds=(server["now"] - datetime.fromtimestamp(middle, UTC)).total_seconds(),
        way=Way(None, is_available=False) if server["is_ours"] else await way_of(connection),
        has_reader=server["has_reader"],
    )
    return await _ours(connection, sql, found) if server["is_ours"] else found


async def _ours(
    connection: asyncpg.Connection, sql: dict[str, str], found: Examination
) -> Examination:
    may_look = await connection.fetchval(sql["may_look"])
    if may_look is False:
        return replace(found, not_ours=("Headrace's tables, nor read which migrations were run",))
    revision = await connection.fetchval(sql["revision"]) if may_look else None
    if revision is None or revision < _ASKED_OF:
        return replace(found, revision=revision)
    return replace(
        found,
        revision=revision,
        way=await way_of(connection),
        not_ours=tuple(row["name"] for row in await connection.fetch(sql["not_ours"])),
        reader_lacks=await connection.fetchval(sql["unreadable"]) if found.has_reader else 0,
    )


def _unreachable(error: Exception) -> UnreachableError:
    """Say it in PostgreSQL's words, or the socket's; asyncpg may put a traceback's worth in one."""
    cures: dict[type[Exception], str] = {
        asyncpg.InvalidPasswordError: "correct user and password (HEADRACE_DATABASE, PGPASSWORD)",
        asyncpg.InvalidAuthorizationSpecificationError: "correct the user in HEADRACE_DATABASE, or "
        "pg_hba.conf",
        asyncpg.InvalidCatalogNameError: "make the database: CREATE DATABASE, as its owner-to-be",
        asyncpg.CannotConnectNowError: "wait: it is starting or stopping",
        asyncpg.TooManyConnectionsError: "raise max_connections, or close some",
    }
    cure = next(
        (cure for kind, cure in cures.items() if isinstance(error, kind)),
        "start PostgreSQL (headrace up brings one), or correct HEADRACE_DATABASE",
    )
    return UnreachableError(_words(error), cure)


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens there"
    return (str(error) or type(error).__name__).splitlines()[0]
