"""The same tables and views on TimescaleDB: hypertables, compression, aggregates, retention."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from db.migrate import LATEST, migrate
from db.partitions import KnownDays
from db.retention import apply_retention
from db.storage import storage
from tests.db.old_writer import OldWriter, migrate_to_first
from tests.devstack.engines.timescale.engine import timescale

NOW = datetime.now(UTC)
NO_TIME = timedelta(0)
KEPT = 15
COLUMNS = """
SELECT c.relname, attname, format_type(atttypid, atttypmod)
FROM pg_class c JOIN pg_attribute a ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v') AND NOT relispartition
  AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = c.oid AND deptype = 'e')
ORDER BY c.relname, attnum
"""


@pytest.fixture
async def first() -> AsyncIterator[str]:
    """Give a database of the first release, on TimescaleDB."""
    with timescale() as dsn:
        connection = await asyncpg.connect(dsn)
        await connection.execute("CREATE EXTENSION timescaledb")
        await connection.close()
        await migrate_to_first(dsn)
        yield dsn


@pytest.fixture
async def timescaledb(first: str) -> AsyncIterator[asyncpg.Connection]:
    """Connect to a migrated database; nobody else can meanwhile."""
    await migrate(first)
    connection = await asyncpg.connect(first)
    yield connection
    await connection.close()


async def fetch(connection: asyncpg.Connection, query: str, *values: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await connection.fetch(query, *values)]


async def test_tables_and_views_have_the_same_names_and_columns(
    timescaledb: asyncpg.Connection, connection: asyncpg.Connection
) -> None:
    assert await fetch(timescaledb, COLUMNS) == await fetch(connection, COLUMNS)


async def test_every_kept_table_is_a_compressed_hypertable(
    timescaledb: asyncpg.Connection,
) -> None:
    tables = await fetch(
        timescaledb,
        "SELECT hypertable_name, time_interval FROM timescaledb_information.dimensions"
        " JOIN kept_tables ON name = hypertable_name",
    )
    policies = await fetch(
        timescaledb,
        "SELECT hypertable_name FROM timescaledb_information.jobs"
        " WHERE proc_name = 'policy_compression'",
    )

    assert len(tables) == len(policies) == KEPT
    assert dict(tables)["media_events"] == timedelta(days=1)
    assert dict(tables)["content_plays_windows"] == timedelta(days=7)


async def test_rows_of_the_first_release_are_there_afterwards(first: str) -> None:
    writer = await OldWriter.start(first, 0)
    await writer.store(NOW - timedelta(days=40))
    await writer.store(NOW)
    await writer.close()

    done = await migrate(first)

    writer_again = await OldWriter.start(first, 1)
    await writer_again.store(NOW)
    await writer_again.close()
    connection = await asyncpg.connect(first)
    rows = await connection.fetchval("SELECT count(*) FROM content_sessions")
    events = await connection.fetchval("SELECT sum(events) FROM traffic_by_cdn_per_day")
    chunks = await connection.fetchval("SELECT count(*) FROM show_chunks('content_sessions')")
    await connection.close()
    assert done[-1] == LATEST
    assert (rows, events) == (150, 150)
    assert chunks >= 4


async def test_hours_are_right_before_and_after_they_are_materialised(
    timescaledb: asyncpg.Connection,
) -> None:
    insert = "INSERT INTO purchases_by_country_windows VALUES ($1, $2, 'DE', 'EUR', 1, 2, 1050)"
    hour = NOW.replace(minute=0, second=0, microsecond=0) - timedelta(hours=30)
    query = "SELECT window_start, purchases, amount FROM purchases_by_country_per_hour"
    found = []

    for partition in range(3):
        await timescaledb.execute(insert, hour + timedelta(minutes=partition), partition)
        if partition:  # a late one is there as soon as the policy has run
            await timescaledb.execute(
                "CALL refresh_continuous_aggregate('purchases_by_country_hours', NULL, NULL)"
            )
        found += await fetch(timescaledb, query)

    assert [(row[1], str(row[2])) for row in found] == [(1, "10.50"), (2, "21.00"), (3, "31.50")]
    assert {row[0] for row in found} == {hour}


async def test_an_upsert_reaches_a_compressed_window(timescaledb: asyncpg.Connection) -> None:
    minute = (NOW - timedelta(days=50)).replace(second=0, microsecond=0)
    upsert = (
        "INSERT INTO media_events_by_type_windows AS held VALUES ($1, 0, 'play', 'movie', 1)"
        " ON CONFLICT (window_start, partition, event_type, content_type)"
        " DO UPDATE SET events = held.events + excluded.events RETURNING events"
    )
    await timescaledb.fetchval(upsert, minute)
    await timescaledb.fetch(
        "SELECT compress_chunk(chunk) FROM show_chunks('media_events_by_type_windows') AS chunk"
    )

    assert await timescaledb.fetchval(upsert, minute) == 2


async def test_what_has_expired_goes_by_chunks_and_nobody_makes_partitions(first: str) -> None:
    await migrate(first)
    connection = await asyncpg.connect(first)
    insert = (
        "INSERT INTO content_sessions VALUES ($1, 's', 'tv', 'news', 1, 'Akamai', 1, 10, 0, $2, 1)"
    )
    for days in (0, 60, 62, 100):
        await connection.execute(insert, NOW - timedelta(days=days), days)
    known = KnownDays("content_sessions", ["traffic_by_cdn_windows"])
    made = await known.ensure(connection, {1})
    target = known.target({1})
    await connection.close()

    await apply_retention(first, quiet=NO_TIME)
    done = await apply_retention(first, quiet=NO_TIME)

    connection = await asyncpg.connect(first)
    left = await fetch(connection, "SELECT kafka_offset FROM content_sessions ORDER BY 1")
    await connection.close()
    assert (made, target) == ([], "content_sessions")
    assert done is not None
    assert (len(done.dropped), done.made, done.postponed) == (2, [], [])
    assert left == [(0,), (60,)]


async def test_the_storage_report_knows_hypertables(first: str) -> None:
    await migrate(first)
    connection = await asyncpg.connect(first)
    await connection.execute(
        "INSERT INTO user_activity SELECT now() - nth * interval '1 second', 'e', 'u', 'click',"
        " '/', NULL, 'tv', 'DE', 0, nth, 1 FROM generate_series(1, 1000) AS nth"
    )
    await connection.execute("ANALYZE user_activity")
    await connection.close()

    found = {table.name: table for table in await storage(first)}

    assert found["user_activity"].rows == 1_000
    assert found["user_activity"].heap_bytes > 0
    assert found["user_activity"].kind == "raw"


async def test_the_extension_may_come_later_and_partitions_stay_partitions() -> None:
    with timescale() as dsn:
        await migrate(dsn)
        connection = await asyncpg.connect(dsn)

        await connection.execute("CREATE EXTENSION timescaledb")

        bucket = await connection.fetchval("SELECT time_bucket('1 hour', $1::timestamptz)", NOW)
        await connection.close()
        await apply_retention(dsn, window_days=-70, quiet=NO_TIME)
        done = await apply_retention(dsn, window_days=-70, quiet=NO_TIME)
        assert bucket == NOW.replace(minute=0, second=0, microsecond=0)
        assert done is not None
        assert {name.rpartition("_p")[0] for name in done.dropped} >= {"content_plays_windows"}
