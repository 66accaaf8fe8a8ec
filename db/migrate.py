"""Numbered SQL, run once each, under an advisory lock: any number of workers may start at once.

Each step is a transaction of its own, so that one which only looks (a constraint's check of many
rows) holds no lock that an earlier one took.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
from asyncpg_trek import Direction, execute, plan
from asyncpg_trek.asyncpg import AsyncpgBackend, AsyncpgExecutor

MIGRATIONS = Path(__file__).parent / "migrations"
LATEST = "0015"

_COMMENTS = Path(__file__).with_name("comments.sql")

_LOCK = 0x4EAD2ACE
"""One advisory lock for all of Headrace in a database."""

_SECONDS = 60
"""How long to wait for a connection, and for another worker's migration."""

_STEP_SECONDS = 3_600
"""How long a step may take: one looks at every row there is, beside writers."""

_TRIES = 120
_PAUSE_SECONDS = 1.0
"""A step that waits 2 s for a lock gives up, lets the writers through that queue behind it, and
comes again."""

_COME_AGAIN = (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError)


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
    connection = await asyncpg.connect(dsn, timeout=_SECONDS, command_timeout=_STEP_SECONDS)
    try:
        await take_lock(connection)
        backend = _Backend(connection, schema="headrace_migrations")
        if await _is_newer(backend):
            return []
        planned = await plan(backend, MIGRATIONS, target_revision=LATEST, direction=Direction.up)
        for step in planned:
            await _run(backend, step)
        if planned:
            await connection.execute(_COMMENTS.read_text(encoding="utf-8"))
        return [step.to_rev for step in planned]
    finally:
        await connection.close()


async def take_lock(connection: asyncpg.Connection) -> None:
    """Keep every other migration out while the connection is open, or wait for it: 60 s."""
    await connection.execute("SELECT pg_advisory_lock($1)", _LOCK, timeout=_SECONDS)


async def _is_newer(backend: _Backend) -> bool:
    async with backend.connect() as executor:
        await executor.create_table_idempotent()
        revision = await executor.get_current_revision()
    return revision is not None and revision > LATEST


async def _run(backend: _Backend, step: Any) -> None:
    for _ in range(_TRIES):
        try:
            await execute(backend, [step])
        except _COME_AGAIN:
            await asyncio.sleep(_PAUSE_SECONDS)
        else:
            return
    await execute(backend, [step])
