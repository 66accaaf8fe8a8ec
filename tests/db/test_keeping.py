"""Partitions on plain PostgreSQL: made on demand and ahead, dropped when their time has come."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import asyncpg
import pytest

from db.keeping import KnownDays, day, days_of, ensure_days
from db.keeping_rounds import Round, drop_expired, keep
from db.migrate import migrate

DAY_US = 86_400_000_000
TODAY = datetime.now(UTC).date()
WINDOWS = "traffic_by_cdn_windows"
INSERT = "INSERT INTO content_sessions VALUES ($1, 's', 'tv', 'news', 1, 'Akamai', 1, 10, 0, $2, 1)"


def noon(of: date) -> datetime:
    return datetime(of.year, of.month, of.day, 12, tzinfo=UTC)


def number(of: date) -> int:
    return (of - date(1970, 1, 1)).days


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


async def partitions(connection: asyncpg.Connection, table: str) -> list[str]:
    rows = await connection.fetch(
        "SELECT partition FROM kept_partitions WHERE name = $1 ORDER BY 1", table
    )
    return [row[0] for row in rows]


async def test_a_new_database_has_partitions_for_today_and_two_days_more(
    connection: asyncpg.Connection,
) -> None:
    expected = [f"content_sessions_p{ago(-days):%Y%m%d}" for days in range(3)]

    assert await partitions(connection, "content_sessions") == expected
    assert len(await partitions(connection, WINDOWS)) == 2


async def test_workers_that_want_the_same_day_at_once_share_one_partition(database: str) -> None:
    connections = await asyncio.gather(*(asyncpg.connect(database) for _ in range(6)))
    tables = ["content_sessions", WINDOWS]

    made = await asyncio.gather(
        *(ensure_days(one, tables, [ago(40), ago(39)]) for one in connections)
    )

    assert sorted(map(len, made)) == [0] * 5 + [max(map(len, made))]
    for one in connections:
        await one.execute(INSERT, noon(ago(40)), 1)
        await one.close()


async def test_partitions_are_made_beside_a_transaction_that_writes(
    database: str, connection: asyncpg.Connection
) -> None:
    writer = await asyncpg.connect(database)
    await writer.execute("BEGIN")
    await writer.execute(INSERT, noon(TODAY), 1)

    made = await asyncio.wait_for(ensure_days(connection, ["content_sessions"], [ago(50)]), 10)
    await writer.execute(INSERT, noon(TODAY), 2)
    await writer.execute("COMMIT")
    await writer.execute(INSERT, noon(ago(50)), 3)  # a transaction sees those made before it
    await writer.close()

    assert made == [f"content_sessions_p{ago(50):%Y%m%d}"]
    assert await connection.fetchval("SELECT count(*) FROM content_sessions") == 3


async def test_known_days_ask_once_and_name_the_partition_for_a_copy(
    connection: asyncpg.Connection,
) -> None:
    known = KnownDays("content_sessions", [WINDOWS])
    days = {number(ago(45))}

    made = await known.ensure(connection, days)

    home = f"content_sessions_p{ago(45):%Y%m%d}"
    assert home in made
    assert known.target(days) == home
    assert known.target({*days, number(TODAY)}) == "content_sessions"
    await connection.execute(f"DROP TABLE {home}")
    assert await known.ensure(connection, days) == []
    known.forget()
    assert await known.ensure(connection, days) == [home]


async def test_a_window_that_straddles_midnight_finds_the_month_it_begins_in(
    connection: asyncpg.Connection,
) -> None:
    known = KnownDays("content_sessions", [WINDOWS], straddles=True)

    made = await known.ensure(connection, {number(date(2025, 3, 1))})

    assert {f"{WINDOWS}_p202502", f"{WINDOWS}_p202503"} <= set(made)


@pytest.mark.parametrize(
    ("times", "days"),
    [
        pytest.param([], set(), id="none"),
        pytest.param([0, DAY_US - 1], {0}, id="a day's first and last microsecond"),
        pytest.param([-1, 0, 3 * DAY_US], {-1, 0, 3}, id="not the days between"),
    ],
)
def test_days_of_times(times: list[int], days: set[int]) -> None:
    assert days_of(times) == days


def test_days_are_counted_from_1970() -> None:
    assert day(number(TODAY)) == TODAY


async def test_what_has_expired_goes_and_the_rest_stays(
    database: str, connection: asyncpg.Connection
) -> None:
    await ensure_days(connection, ["content_sessions"], map(ago, (63, 62, 61, 60)))
    for days in (63, 62, 61, 60, 0):
        await connection.execute(INSERT, noon(ago(days)), days)

    done = await keep(database, raw_days=60, window_days=400)

    assert done == Round(
        made=[], dropped=[f"content_sessions_p{ago(days):%Y%m%d}" for days in (63, 62)]
    )
    left = await connection.fetch("SELECT kafka_offset FROM content_sessions ORDER BY 1")
    assert [row[0] for row in left] == [0, 60, 61]


async def test_one_session_at_a_time_keeps(database: str, connection: asyncpg.Connection) -> None:
    await connection.execute("SELECT pg_advisory_lock(x'4EAD2AD0'::bigint)")

    assert await keep(database) is None


async def test_a_reader_that_holds_on_postpones_a_drop_and_stops_no_writer(
    database: str, connection: asyncpg.Connection
) -> None:
    await ensure_days(connection, ["content_sessions"], [ago(70)])
    reader = await asyncpg.connect(database)
    await reader.execute("BEGIN")
    await reader.fetch("SELECT count(*) FROM content_sessions")

    dropping = asyncio.create_task(drop_expired(database, {"content_sessions": 60}))
    written = 0
    while not dropping.done():
        await asyncio.wait_for(connection.execute(INSERT, noon(TODAY), written), 1)
        written += 1
        await asyncio.sleep(0)
    await reader.execute("COMMIT")
    await reader.close()
    later = await drop_expired(database, {"content_sessions": 60})

    gone = f"content_sessions_p{ago(70):%Y%m%d}"
    assert (dropping.result().postponed, later.dropped) == ([gone], [gone])
    assert await connection.fetchval("SELECT count(*) FROM content_sessions") == written


async def test_a_drop_that_was_killed_half_way_is_ended_by_the_next(
    database: str, connection: asyncpg.Connection
) -> None:
    await ensure_days(connection, ["content_sessions"], [ago(70), ago(69)])
    detached, left = (f"content_sessions_p{ago(days):%Y%m%d}" for days in (70, 69))
    await connection.execute(f"ALTER TABLE content_sessions DETACH PARTITION {detached}")

    done = await drop_expired(database, {"content_sessions": 60})

    assert done.dropped == [detached, left]
    assert await connection.fetchval("SELECT to_regclass($1)", detached) is None


async def test_a_partition_that_was_detached_comes_back_with_its_rows(
    connection: asyncpg.Connection,
) -> None:
    await ensure_days(connection, ["content_sessions"], [ago(70)])
    await connection.execute(INSERT, noon(ago(70)), 1)
    home = f"content_sessions_p{ago(70):%Y%m%d}"
    await connection.execute(f"ALTER TABLE content_sessions DETACH PARTITION {home}")

    await ensure_days(connection, ["content_sessions"], [ago(70)])

    assert await connection.fetchval("SELECT count(*) FROM content_sessions") == 1


async def test_a_newer_database_is_left_as_it_is(
    database: str, connection: asyncpg.Connection
) -> None:
    await connection.execute(
        "INSERT INTO headrace_migrations.migrations (from_revision, to_revision)"
        " VALUES ('0008', '9999')"
    )

    assert await migrate(database) == []
