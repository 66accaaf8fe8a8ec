"""Migrations run once, however many workers start at once."""

import asyncio
from collections.abc import Iterator
from itertools import chain

import asyncpg
import pytest

from db.migrate import LATEST, MIGRATIONS, migrate
from devstack.engines import Postgres
from tests.databases import temporary_database


@pytest.fixture
def empty(postgres: Postgres) -> Iterator[str]:
    """Make a database without tables."""
    with temporary_database(postgres, "empty") as name:
        yield postgres.dsn(name)


async def test_eight_workers_at_once_migrate_once(empty: str) -> None:
    done = await asyncio.gather(*(migrate(empty) for _ in range(8)))

    revisions = sorted(path.stem.rpartition("_")[2] for path in MIGRATIONS.glob("*.sql"))
    assert sorted(done, key=len) == [[]] * 7 + [revisions]
    assert revisions[-1] == LATEST
    assert await tables(empty) >= {"content_sessions", "stream_positions", "event_dead_letters"}


async def test_workers_take_turns_where_somebody_holds_the_lock_for_ever(
    empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.migrate._OTHERS_SECONDS", 0.5)
    other = await asyncpg.connect(empty)
    await other.execute("SELECT pg_advisory_lock(x'4EAD2ACE'::bigint)")

    done = await asyncio.gather(*(migrate(empty) for _ in range(3)))

    await other.close()
    revisions = sorted(path.stem.rpartition("_")[2] for path in MIGRATIONS.glob("*.sql"))
    assert sorted(chain.from_iterable(done)) == revisions


async def test_a_second_run_has_nothing_to_do(empty: str) -> None:
    await migrate(empty)
    before = await tables(empty)

    assert await migrate(empty) == []
    assert await tables(empty) == before


async def test_a_time_bucket_that_is_there_already_is_kept(empty: str) -> None:
    connection = await asyncpg.connect(empty)
    await connection.execute(
        "CREATE FUNCTION time_bucket(interval, timestamptz) RETURNS timestamptz"
        " LANGUAGE sql RETURN timestamptz 'epoch'"
    )

    await migrate(empty)

    kept = await connection.fetchval("SELECT time_bucket('1 minute', now()) = 'epoch'")
    await connection.close()
    assert kept


async def tables(dsn: str) -> set[str]:
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        )
    finally:
        await connection.close()
    return {row["table_name"] for row in rows}
