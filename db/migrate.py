"""Numbered SQL, run once each, under an advisory lock: any number of workers may start at once."""

from pathlib import Path

import asyncpg
from asyncpg_trek import Direction, execute, plan
from asyncpg_trek.asyncpg import AsyncpgBackend

MIGRATIONS = Path(__file__).parent / "migrations"
LATEST = "0002"

_LOCK = 0x4EAD2ACE
"""One advisory lock for all of Headrace in a database."""

_SECONDS = 60
"""How long a statement may take, or another worker's migration that this one waits for."""


async def migrate(dsn: str) -> list[str]:
    """Bring the database to LATEST; return the revisions that were run, in order.

    Raises OSError, TimeoutError or asyncpg.PostgresError as they come.
    """
    connection = await asyncpg.connect(dsn, timeout=_SECONDS, command_timeout=_SECONDS)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        backend = AsyncpgBackend(connection, schema="headrace_migrations")
        planned = await plan(backend, MIGRATIONS, target_revision=LATEST, direction=Direction.up)
        await execute(backend, planned)
        return [step.to_rev for step in planned]
    finally:
        await connection.close()
