"""Whatever the read-only role holds on to, rows are stored, also those of new days."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from random import Random

import asyncpg
import pytest

from db.migrate import migrate
from db.partitions import ensure_days
from db.reader import let_reader_read
from db.retention import apply_retention
from db.user_sql import OwnSql, run_user_sql
from models.content_sessions import CONTENT_SESSIONS
from tests.sinks.random_events import Filling

TODAY = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
SOON, EXPIRED = TODAY + timedelta(days=9), TODAY - timedelta(days=70)
OLD = f"content_sessions_p{EXPIRED:%Y%m%d}"
LOCKS = (0x4EAD2ACE, 0x4EAD2ACF, 0x4EAD2AD0, 0x4EAD2AD1)
NO_TIME = timedelta(0)

BOUNDLESS = "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0;"
ALL_TABLES = """
SELECT string_agg(oid::regclass::text, ', ') FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
"""


@pytest.fixture
async def holding(database: str, request: pytest.FixtureRequest) -> AsyncIterator[None]:
    """Hold what the parameter says, in a session of a role that may only read."""
    await let_reader_read(database, password=None)
    connection = await asyncpg.connect(database)
    await ensure_days(connection, ["content_sessions"], [EXPIRED.date()])
    await connection.close()
    async with holder(database, request.param):
        yield


HOLDS = [
    pytest.param(["LOCK TABLE {tables} IN ACCESS SHARE MODE"], id="locks of every table"),
    pytest.param(["LOCK TABLE " + OLD + " IN ACCESS SHARE MODE"], id="a lock of an old day"),
    pytest.param(
        ["SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "SELECT count(*) FROM pg_class"],
        id="a snapshot",
    ),
]


@pytest.mark.parametrize("holding", HOLDS, indirect=True)
@pytest.mark.usefixtures("holding")
async def test_rows_are_stored_and_what_has_expired_is_postponed_at_most(database: str) -> None:
    async with asyncio.timeout(20):
        filling = Filling(database, CONTENT_SESSIONS, Random(1))
        for day in (TODAY, SOON, EXPIRED):
            await filling.write(1, 50, day)
        first = await apply_retention(database, quiet=NO_TIME)
        second = await apply_retention(database, quiet=NO_TIME)
        await filling.sink.close()
        # a worker that was not there before, of a day whose partition may just be going
        later = Filling(database, CONTENT_SESSIONS, Random(2))
        for day in (TODAY, SOON + timedelta(days=9), EXPIRED - timedelta(days=1)):
            await later.write(1, 50, day)
        await later.sink.close()

    assert first is not None
    assert second is not None
    assert [name for name in first.postponed if name.startswith(OLD)] == [OLD]
    assert OLD in [*second.postponed, *second.dropped]
    assert await events(database) == 300


@pytest.mark.parametrize("holding", HOLDS[:1], indirect=True)
async def test_a_day_that_could_not_go_takes_rows_until_it_does(
    database: str, holding: None
) -> None:
    del holding
    filling = Filling(database, CONTENT_SESSIONS, Random(1))
    rounds = [await apply_retention(database, quiet=NO_TIME) for _ in range(3)]

    await asyncio.wait_for(filling.write(1, 50, EXPIRED), 10)

    await filling.sink.close()
    assert all(one is not None and OLD in one.postponed for one in rounds)


async def test_advisory_locks_that_anybody_may_hold_stop_nobody(database: str) -> None:
    other = await asyncpg.connect(database)
    try:
        for number in LOCKS:
            await other.execute("SELECT pg_advisory_lock($1)", number)

        async with asyncio.timeout(20):
            assert await migrate(database) == []
            assert await run_user_sql(database, no_files()) == []
            assert await let_reader_read(database, password=None) == []
            filling = Filling(database, CONTENT_SESSIONS, Random(1))
            await filling.write(1, 50, SOON)
            await filling.sink.close()
            assert await apply_retention(database) is not None
    finally:  # left open, it would fail whichever test comes later
        await other.close()


@asynccontextmanager
async def holder(dsn: str, statements: Sequence[str]) -> AsyncIterator[None]:
    reader = await asyncpg.connect(dsn.replace("//postgres@", "//headrace_reader@"))
    await reader.execute(BOUNDLESS)
    tables = await reader.fetchval(ALL_TABLES)
    await reader.execute("BEGIN")
    for statement in statements:
        await reader.execute(statement.format(tables=tables))
    sleeping = asyncio.create_task(reader.execute("SELECT pg_sleep(3600)"))
    try:
        yield
    finally:
        reader.terminate()
        await asyncio.wait([sleeping])
        assert sleeping.exception() is not None


def no_files() -> list[OwnSql]:
    return []


async def events(dsn: str) -> int:
    connection = await asyncpg.connect(dsn)
    try:
        return int(await connection.fetchval("SELECT sum(events) FROM traffic_by_cdn"))
    finally:
        await connection.close()
