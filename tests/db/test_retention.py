"""Partitions on plain PostgreSQL: made on demand and ahead, dropped when their time has come."""

import asyncio
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import asyncpg
import pytest

from db.migrate import migrate
from db.partitions import KnownDays, day, days_of, ensure_days, statement
from db.retention import apply_retention, drop_expired, hold
from db.retention_drops import RetentionRound

DAY_US = 86_400_000_000
NO_TIME = timedelta(0)
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

    first = ago(200).replace(day=1)
    made = await known.ensure(connection, {number(first)})

    months = {first - timedelta(days=1), first}
    assert {f"{WINDOWS}_p{month:%Y%m}" for month in months} <= set(made)


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

    expired = [f"content_sessions_p{ago(days):%Y%m%d}" for days in (63, 62)]

    first = await apply_retention(database, raw_days=60, window_days=400, quiet=NO_TIME)
    second = await apply_retention(database, raw_days=60, window_days=400, quiet=NO_TIME)

    assert first == RetentionRound(postponed=expired)
    assert second == RetentionRound(dropped=expired)
    left = await connection.fetch("SELECT kafka_offset FROM content_sessions ORDER BY 1")
    assert [row[0] for row in left] == [0, 60, 61]


async def test_one_session_at_a_time_keeps(database: str) -> None:
    other = await asyncpg.connect(database)
    assert await other.fetchrow(statement("lead")) is not None

    beside = await apply_retention(database)
    await other.execute("UPDATE keeping_rounds SET ended_at = now() - interval '2 days'")
    stuck = await apply_retention(database)
    await other.close()  # as when a worker is killed
    after = await apply_retention(database)

    assert beside is None
    assert stuck is not None
    assert "the session that keeps hangs" in stuck.held
    assert after is not None


async def test_what_has_just_been_written_is_not_dropped(
    database: str, connection: asyncpg.Connection
) -> None:
    home = f"content_sessions_p{ago(70):%Y%m%d}"
    await ensure_days(connection, ["content_sessions"], [ago(70)])
    rounds = []
    for offset in range(3):
        await connection.execute(INSERT, noon(ago(70)), offset)
        await connection.execute("SELECT pg_stat_force_next_flush()")
        rounds.append(await apply_retention(database, quiet=NO_TIME))
    recently = await apply_retention(database)  # five minutes have not passed
    last = await apply_retention(database, quiet=NO_TIME)

    assert [*rounds, recently, last] == [RetentionRound(postponed=[home])] * 4 + [
        RetentionRound(dropped=[home])
    ]


@pytest.mark.parametrize("jump", [timedelta(days=500), timedelta(days=-500), timedelta(days=2)])
async def test_a_clock_that_jumped_drops_nothing_for_a_day(
    database: str, connection: asyncpg.Connection, jump: timedelta
) -> None:
    await ensure_days(connection, ["content_sessions"], [ago(70)])
    await apply_retention(database, quiet=NO_TIME)
    # as if this server's clock had been set on by so much since
    await connection.execute("UPDATE keeping_rounds SET ended_at = ended_at - $1::interval", jump)

    rounds = [await apply_retention(database, quiet=NO_TIME) for _ in range(3)]

    home = f"content_sessions_p{ago(70):%Y%m%d}"
    for one in rounds:
        assert one is not None
        assert (one.dropped, one.postponed) == ([], [home])
        assert "Check the clock" in one.held
    await connection.execute("UPDATE keeping_rounds SET held_until = now()")
    later = await apply_retention(database, quiet=NO_TIME)
    assert later == RetentionRound(dropped=[home])


def test_a_clock_is_believed_again_after_a_day_and_at_once_where_it_did_not_jump() -> None:
    now = noon(TODAY)
    day_long, minutes = timedelta(days=1), timedelta(minutes=10)

    assert hold(now, None, None) is None
    assert hold(now, now - minutes, None) is None
    assert hold(now, now - 3 * day_long, None) == now + day_long
    assert hold(now, now + 3 * day_long, None) == now + day_long
    assert hold(now, now - minutes, now + minutes) == now + minutes
    assert hold(now, now - minutes, now - minutes) is None


async def test_a_workers_own_clock_has_no_say(
    database: str, connection: asyncpg.Connection
) -> None:
    """Run a round in a process whose clock is 500 days ahead."""
    before = await partitions(connection, "content_sessions")
    code = (
        "import asyncio, datetime, sys, time\n"
        "ahead = 500 * 86_400\n"
        "real, real_time = datetime.datetime, time.time\n"
        "class Ahead(real):\n"
        "    @classmethod\n"
        "    def now(cls, tz=None):\n"
        "        return real.fromtimestamp(real_time() + ahead, tz)\n"
        "datetime.datetime, time.time = Ahead, lambda: real_time() + ahead\n"
        "from datetime import timedelta\n"
        "from db.retention import apply_retention\n"
        "for _ in range(2):\n"
        "    print(asyncio.run(apply_retention(sys.argv[1], quiet=timedelta(0))))\n"
    )

    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", code, database],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.count("dropped=[]") == 2, done.stdout
    assert await partitions(connection, "content_sessions") == before


async def test_dead_letters_go_by_when_they_were_stored(
    database: str, connection: asyncpg.Connection
) -> None:
    add = (
        'INSERT INTO event_dead_letters (time, topic, partition, "offset", epoch, reason, detail,'
        " stored_at) SELECT to_timestamp(0), 't', 0, nth, 1, 'invalid', '', now() - $1::interval"
        " FROM generate_series(1, $2::int) AS nth"
    )
    await connection.execute(add, timedelta(days=31), 12_000)
    await connection.execute(add, timedelta(days=29), 5)

    done = await apply_retention(database, dead_letter_days=30)

    assert done == RetentionRound(dead_letters=12_000)
    assert await connection.fetchval("SELECT count(*) FROM event_dead_letters") == 5


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


async def test_history_goes_to_coarser_partitions_and_leaves_those_that_are_there(
    connection: asyncpg.Connection,
) -> None:
    table = "content_sessions"
    long_ago, year = ago(3 * 365), f"{table}_p{ago(3 * 365):%Y}"
    month, beside = ago(300).replace(day=1), ago(300).replace(day=9)

    made = await ensure_days(connection, [table, WINDOWS], [long_ago, month])

    assert {year, f"{WINDOWS}_p{long_ago:%Y}", f"{table}_p{month:%Y%m}"} <= set(made)
    assert await ensure_days(connection, [table], [long_ago, month, beside]) == []
    # a month of which a day is there already can only be made day by day
    other = ago(340).replace(day=1)
    await connection.execute(
        f"CREATE TABLE by_hand PARTITION OF {table}"
        f" FOR VALUES FROM ('{other} 00:00+00') TO ('{other + timedelta(days=1)} 00:00+00')"
    )
    ninth = other.replace(day=9)
    assert await ensure_days(connection, [table], [other, ninth]) == [f"{table}_p{ninth:%Y%m%d}"]
    for one in (long_ago, month, beside, other, ninth):
        await connection.execute(INSERT, noon(one), 1)


async def test_coarse_partitions_go_when_all_of_them_has_expired(
    database: str, connection: asyncpg.Connection
) -> None:
    table = "content_sessions"
    last_month = (ago(0).replace(day=1) - timedelta(days=100)).replace(day=1)
    await ensure_days(connection, [table], [ago(3 * 365), last_month])
    names = [f"{table}_p{ago(3 * 365):%Y}", f"{table}_p{last_month:%Y%m}"]
    detached = names[0]
    await connection.execute(f"ALTER TABLE {table} DETACH PARTITION {detached}")

    kept = await drop_expired(database, {table: 3 * 366 + 366})
    done = await drop_expired(database, {table: 60})

    assert kept.dropped == []
    assert names[0] in done.dropped


async def test_a_partition_that_was_detached_comes_back_with_its_rows(
    connection: asyncpg.Connection,
) -> None:
    await ensure_days(connection, ["content_sessions"], [ago(70)])
    await connection.execute(INSERT, noon(ago(70)), 1)
    home = f"content_sessions_p{ago(70):%Y%m%d}"
    await connection.execute(f"ALTER TABLE content_sessions DETACH PARTITION {home}")

    await ensure_days(connection, ["content_sessions"], [ago(70)])

    assert await connection.fetchval("SELECT count(*) FROM content_sessions") == 1


async def test_a_detached_partition_that_cannot_come_back_is_replaced_by_another(
    database: str, connection: asyncpg.Connection
) -> None:
    home = f"content_sessions_p{ago(70):%Y%m%d}"
    await ensure_days(connection, ["content_sessions"], [ago(70)])
    await connection.execute(f"ALTER TABLE content_sessions DETACH PARTITION {home}")
    reader = await asyncpg.connect(database)
    await reader.execute("BEGIN")
    await reader.fetch(f"SELECT FROM {home}")

    made = await asyncio.wait_for(ensure_days(connection, ["content_sessions"], [ago(70)]), 5)
    await connection.execute(INSERT, noon(ago(70)), 1)
    await reader.close()
    done = await drop_expired(database, {"content_sessions": 60})

    assert made == [f"{home}_1"]
    assert set(done.dropped) == {home, f"{home}_1"}


async def test_a_newer_database_is_left_as_it_is(
    database: str, connection: asyncpg.Connection
) -> None:
    await connection.execute(
        "INSERT INTO headrace_migrations.migrations (from_revision, to_revision)"
        " VALUES ('0008', '9999')"
    )

    assert await migrate(database) == []
