"""The role that reads everything and can do nothing else: migrations 0009, 0013 say what it may."""

import asyncio
from pathlib import Path

import asyncpg

from db.connecting import connect
from db.migrate import take_turns
from db.queries import load
from db.scram import verifier

_SECONDS = 60
_TRIES = 5
_TURNS = 20
_PAUSE_SECONDS = 1.0


async def let_reader_read(dsn: str, password: str | None) -> list[str]:
    """Grant what is missing and set the password; return what an administrator has to run instead.

    The database must be migrated. Without a password that of the role stays what it is. Raises
    ValueError on a password that is not printable ASCII; else OSError, TimeoutError or
    asyncpg.PostgresError as they come.
    """
    secret = verifier(password) if password else None
    sql = load(Path(__file__).with_name("reader.sql"))
    connection = await connect(dsn, timeout=_SECONDS, command_timeout=_SECONDS)
    try:
        asked = await _let_read(connection, sql["let_read"])
        if secret and await connection.fetchval(sql["is_there"]):
            asked += await _set_password(connection, sql["set_password"], secret)
        return asked
    finally:
        await connection.close()


async def _let_read(connection: asyncpg.Connection, sql: str) -> list[str]:
    for left in reversed(range(_TURNS)):
        try:
            async with connection.transaction():
                await take_turns(connection)
                return [row[0] for row in await connection.fetch(sql)]
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
            if not left:
                raise
            await asyncio.sleep(_PAUSE_SECONDS)
    return []


async def _set_password(connection: asyncpg.Connection, sql: str, secret: str) -> list[str]:
    for left in reversed(range(_TRIES)):
        try:
            await connection.execute(await connection.fetchval(sql, secret))
        except asyncpg.InsufficientPrivilegeError:
            return ["\\password headrace_reader -- in psql: the one in HEADRACE_READER_PASSWORD"]
        except asyncpg.InternalServerError:
            # the role is the cluster's: another database's migration has just changed it
            if not left:
                raise
        else:
            break
    return []
