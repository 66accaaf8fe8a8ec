"""Rounds of keeping on plain PostgreSQL: what has expired goes, and nothing else by any mistake."""

import asyncio
import subprocess
import sys
from datetime import timedelta

import asyncpg
import pytest

from db.partitions import ensure_days, statement
from db.retention import apply_retention, hold
from db.retention_drops import RetentionRound
from tests.db.days import INSERT, TODAY, ago, noon, partitions
from tests.db.dropping import drop_expired

NO_TIME = timedelta(0)


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
