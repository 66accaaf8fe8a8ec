"""Numbered SQL, run once each: any number of workers may start at once.

Each step is a transaction of its own, so that one which only looks (a constraint's check of many
rows) holds no lock that an earlier one took. It begins with a lock of the table that says which
steps were run, and looks there first: whoever may only read cannot hold that up. The advisory lock
around all steps only has one worker run them all while the others wait, and is done without where
it is not to be had: any role can hold it.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
from asyncpg_trek import Direction, plan
from asyncpg_trek.asyncpg import AsyncpgBackend, AsyncpgExecutor

from db.connecting import connect

logger = logging.getLogger(__name__)

T = TypeVar("T")

MIGRATIONS = Path(__file__).parent / "migrations"
LATEST = "0017"

_COMMENTS = Path(__file__).with_name("comments.sql")

_LOCK = 0x4EAD2ACE
"""One advisory lock for all of Headrace in a database."""

_SECONDS = 60
"""How long to wait for a connection."""

_OTHERS_SECONDS = 20.0
"""How long to wait until another worker has run all steps, before taking turns with it."""

_STEP_SECONDS = 3_600
"""How long a step may take: one looks at every row there is, beside writers."""

_TRIES = 120
_PAUSE_SECONDS = 1.0
"""A step that waits 2 s for a lock gives up, lets the writers through that queue behind it, and
comes again."""

_COME_AGAIN = (
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    # two have just made the same table, or changed the same row of the catalog
    asyncpg.UniqueViolationError,
    asyncpg.DuplicateTableError,
    asyncpg.DuplicateSchemaError,
    asyncpg.InternalServerError,
)

_IS_THERE = "SELECT to_regclass('headrace_migrations.migrations') IS NOT NULL"
_TAKE_TURNS = (
    "SET LOCAL lock_timeout = '2s'; "
    "LOCK TABLE headrace_migrations.migrations IN SHARE UPDATE EXCLUSIVE MODE"
)


class _Backend(AsyncpgBackend):  # type: ignore[misc]  # the library has no types
    """Reads what is committed, not what was when the transaction began: its locks come later."""

    def connect(self) -> AbstractAsyncContextManager[Any]:
        @asynccontextmanager
        async def in_transaction() -> AsyncIterator[Any]:
            async with self.connection.transaction():
                yield AsyncpgExecutor(self.connection, self.schema)

        return in_transaction()


async def migrate(dsn: str) -> list[str]:
    """Bring the database to LATEST; return the revisions that were run, in order.

    A database that a newer Headrace has migrated is left as it is: newer ones keep what this one
    needs. Raises OSError, TimeoutError or asyncpg.PostgresError as they come.
    """
    connection = await connect(dsn, timeout=_SECONDS, command_timeout=_STEP_SECONDS)
    try:
        backend = _Backend(connection, schema="headrace_migrations")
        if await _is_done(connection, backend):
            return []
        await wait_for_others(connection)
        planned = await _patiently(lambda: _plan(backend))
        done = [step.to_rev for step in planned if await _patiently(partial(_run, backend, step))]
        if done:
            await _patiently(lambda: _comment(connection))
        return done
    finally:
        await connection.close()


async def take_turns(connection: asyncpg.Connection) -> None:
    """Wait, in a transaction, for the others that change tables; LockNotAvailableError after 2 s.

    The database must be migrated.
    """
    await connection.execute(_TAKE_TURNS)


async def _is_done(connection: asyncpg.Connection, backend: _Backend) -> bool:
    if not await connection.fetchval(_IS_THERE):
        return False
    async with backend.connect() as executor:
        revision = await executor.get_current_revision()
    return revision is not None and revision >= LATEST


async def wait_for_others(connection: asyncpg.Connection) -> None:
    """Keep other migrations out while the connection is open; wait for them, but not for ever."""
    try:
        await connection.execute(f"SET lock_timeout = '{int(_OTHERS_SECONDS * 1_000)}ms'")
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
    except (asyncpg.LockNotAvailableError, asyncpg.InsufficientPrivilegeError) as error:
        logger.warning("migrating step by step, beside whoever holds the lock: %s", error)
    finally:
        await connection.execute("SET lock_timeout = DEFAULT")


async def _plan(backend: _Backend) -> Sequence[Any]:
    if await _is_done(backend.connection, backend):
        return []  # or newer than what we know
    planned = await plan(backend, MIGRATIONS, target_revision=LATEST, direction=Direction.up)
    return list(planned)


async def _run(backend: _Backend, step: Any) -> bool:
    """Run a step, unless somebody else has; in one transaction. Say which."""
    async with backend.connect() as executor:
        await take_turns(backend.connection)
        if (await executor.get_current_revision() or "initial") != step.from_rev:
            return False
        await executor.record_migration(from_revision=step.from_rev, to_revision=step.to_rev)
        await executor.execute_operation(step.operation)
    return True


async def _comment(connection: asyncpg.Connection) -> None:
    async with connection.transaction():
        await take_turns(connection)
        await connection.execute(_COMMENTS.read_text(encoding="utf-8"))


async def _patiently(action: Callable[[], Awaitable[T]]) -> T:
    for _ in range(_TRIES):
        try:
            return await action()
        except _COME_AGAIN as error:
            logger.info("waiting to migrate: %s", error)
            await asyncio.sleep(_PAUSE_SECONDS)
    return await action()
