"""A database of the first release becomes a current one while its workers go on writing."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest

from db.migrate import LATEST, migrate
from devstack.engines import Postgres
from tests.databases import temporary_database
from tests.db.dropping import drop_expired
from tests.db.old_writer import OldWriter, migrate_to_first

COUNTED = """
SELECT (SELECT count(*) FROM content_sessions),
       (SELECT count(DISTINCT (kafka_partition, kafka_offset)) FROM content_sessions),
       (SELECT sum(events) FROM traffic_by_cdn),
       (SELECT sum(kilobits) FROM traffic_by_cdn_per_day)
"""
OLD_ROWS = """
INSERT INTO content_sessions
SELECT now() - nth * interval '100 seconds', 's', 'tv', 'news', 1, 'Fastly', 1000, 10, 9, nth, 1
FROM generate_series(1, 20000) AS nth;
INSERT INTO traffic_by_cdn_windows
SELECT date_trunc('minute', time), 9, 'Fastly', count(*), 10000 * count(*), 10 * count(*)
FROM content_sessions GROUP BY 1;
"""


@pytest.fixture
async def first(postgres: Postgres) -> AsyncIterator[str]:
    """Make a database of the first release."""
    with temporary_database(postgres, "first") as name:
        await migrate_to_first(postgres.dsn(name))
        yield postgres.dsn(name)


async def test_nothing_is_lost_while_old_workers_write(first: str) -> None:
    connection = await asyncpg.connect(first)
    await connection.execute(OLD_ROWS)
    writers = [await OldWriter.start(first, partition) for partition in range(2)]
    stopped = asyncio.Event()
    writing = [asyncio.create_task(writer.run(stopped)) for writer in writers]
    await writers[0].has_stored(1)
    await writers[1].has_stored(1)

    done = await migrate(first)

    for writer in writers:
        await writer.has_stored(writer.stored + 1)
    stopped.set()
    await asyncio.gather(*writing)
    stored = 20_000 + sum(writer.stored for writer in writers)
    found = await connection.fetchrow(COUNTED)
    await connection.close()
    assert done[-1] == LATEST
    assert found is not None
    assert tuple(found) == (stored, stored, stored, stored * 10_000)
    assert max(writer.slowest_seconds for writer in writers) < 10


async def test_an_old_worker_of_an_empty_database_may_still_have_any_day_in_hand(
    first: str,
) -> None:
    writer = await OldWriter.start(first, 0)

    await migrate(first)

    await writer.store(datetime.now(UTC) - timedelta(days=59))
    connection = await asyncpg.connect(first)
    assert await connection.fetchval("SELECT sum(events) FROM traffic_by_cdn") == writer.stored
    await connection.close()
    await writer.close()


async def test_views_and_rights_that_people_made_go_over(first: str) -> None:
    connection = await asyncpg.connect(first)
    role = f"reader_{uuid4().hex}"
    await connection.execute(
        "CREATE VIEW mine WITH (security_barrier) AS SELECT session_id FROM content_sessions"
    )
    await connection.execute(f"CREATE ROLE {role}")
    await connection.execute(f"GRANT SELECT ON content_sessions TO {role}")
    await connection.execute(OLD_ROWS)

    await migrate(first)

    found = await connection.fetchrow(
        "SELECT (SELECT count(*) FROM mine), reloptions,"
        " has_table_privilege($1, 'content_sessions', 'SELECT')"
        " FROM pg_class WHERE relname = 'mine'",
        role,
    )
    source = await connection.fetchval(
        "SELECT DISTINCT refobjid::regclass::text FROM pg_depend JOIN pg_rewrite r ON r.oid = objid"
        " WHERE ev_class = 'mine'::regclass AND refobjid <> ev_class"
        " AND refclassid = 'pg_class'::regclass"
    )
    await connection.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")
    await connection.close()
    assert found is not None
    assert tuple(found) == (20_000, ["security_barrier=true"], True)
    assert source == "content_sessions"


async def test_the_past_goes_as_a_whole_once_all_of_it_has_expired(first: str) -> None:
    connection = await asyncpg.connect(first)
    await connection.execute(OLD_ROWS)
    await migrate(first)

    today = await drop_expired(first, {"content_sessions": 0})
    in_ten_days = await drop_expired(first, {"content_sessions": -10})

    assert today.dropped == []
    assert in_ten_days.dropped[0] == "content_sessions_past"
    assert await connection.fetchval("SELECT to_regclass('content_sessions_past')") is None
    await connection.close()
