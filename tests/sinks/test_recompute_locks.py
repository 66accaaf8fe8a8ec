"""A recompute beside writers: each waits for the other, none is lost, none waits for ever."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from random import Random

import asyncpg
import pytest

from models.content_sessions import CONTENT_SESSIONS
from sinks.postgres.recompute import Recompute
from tests.sinks.random_events import AROUND, MIDDLES, Filling

BY_CDN = next(one for one in CONTENT_SESSIONS.windows if one.name == "traffic_by_cdn")
DAMAGE = "UPDATE traffic_by_cdn_windows SET events = events - 1 WHERE random() < 0.1"
LOSE = "DELETE FROM traffic_by_cdn_windows WHERE random() < 0.1"
LOCK = "LOCK TABLE traffic_by_cdn_windows IN SHARE ROW EXCLUSIVE MODE"
STORE = """
WITH stored AS (
    INSERT INTO content_sessions SELECT * FROM content_sessions LIMIT 1 RETURNING *
)
UPDATE traffic_by_cdn_windows AS held
SET events = events + 1, kilobits = kilobits + video_profile_kbps::int8 * heartbeat_seconds,
    session_seconds = session_seconds + heartbeat_seconds
FROM stored
WHERE window_start = date_trunc('minute', time) AND partition = kafka_partition
  AND held.current_cdn = stored.current_cdn
"""
"""What a worker's transaction does before it moves its position, for one more event."""

DIFFERENCES = """
SELECT count(*) FROM (
    SELECT date_trunc('minute', time) AS window_start, kafka_partition AS partition, current_cdn,
           count(*) AS events, sum(video_profile_kbps::int8 * heartbeat_seconds) AS kilobits,
           sum(heartbeat_seconds) AS session_seconds
    FROM content_sessions GROUP BY 1, 2, 3
) AS folded
FULL JOIN traffic_by_cdn_windows AS held USING (window_start, partition, current_cdn)
WHERE (folded.events, folded.kilobits, folded.session_seconds)
    IS DISTINCT FROM (held.events, held.kilobits, held.session_seconds)
"""
IS_WAITING = """
SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND mode = 'ShareRowExclusiveLock'
               AND relation = 'traffic_by_cdn_windows'::regclass)
"""


@pytest.fixture
async def observer(database: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database)
    yield connection
    await connection.close()


async def test_a_write_under_way_is_waited_for_and_counts(
    database: str, observer: asyncpg.Connection
) -> None:
    await fill(database, observer)
    async with worker(database) as writing:
        await writing.execute(f"BEGIN; {STORE}")

        rebuilding = asyncio.create_task(recompute(database))
        await until(lambda: observer.fetchval(IS_WAITING))
        await writing.execute("COMMIT")
        await rebuilding

    assert await observer.fetchval(DIFFERENCES) == 0


async def test_a_worker_that_froze_with_the_lock_is_ended_and_what_it_did_undone(
    database: str, observer: asyncpg.Connection
) -> None:
    await fill(database, observer)
    stored = await observer.fetchval("SELECT count(*) FROM content_sessions")
    async with worker(database) as frozen:
        await frozen.execute(f"BEGIN; {STORE}")

        await recompute(database)

    assert await observer.fetchval(DIFFERENCES) == 0
    assert await observer.fetchval("SELECT count(*) FROM content_sessions") == stored


async def test_a_lock_that_is_held_for_long_is_tried_again_so_that_others_pass(
    database: str, observer: asyncpg.Connection
) -> None:
    await fill(database, observer)
    told: list[str] = []
    async with worker(database) as writing, worker(database) as other:
        await writing.execute(f"SET idle_in_transaction_session_timeout = 0; BEGIN; {STORE}")
        rebuilding = asyncio.create_task(recompute(database, on_waiting=told.append))
        await until(lambda: observer.fetchval(IS_WAITING))

        # the lock of an upsert: waits behind the recompute, and passes when that gives way
        await other.execute(
            "BEGIN; LOCK TABLE traffic_by_cdn_windows IN ROW EXCLUSIVE MODE; COMMIT"
        )
        assert not rebuilding.done()
        await until(lambda: asyncio.sleep(0, bool(told)))
        await writing.execute("COMMIT")
        await rebuilding

    assert "lock timeout" in told[0]
    assert await observer.fetchval(DIFFERENCES) == 0


async def test_one_that_is_cancelled_leaves_no_lock_and_nothing_half_done(
    database: str, observer: asyncpg.Connection
) -> None:
    await fill(database, observer)
    before = await observer.fetchval(DIFFERENCES)
    async with worker(database) as writing:
        await writing.execute(f"BEGIN; {STORE}")
        rebuilding = asyncio.create_task(recompute(database))
        await until(lambda: observer.fetchval(IS_WAITING))

        rebuilding.cancel()
        await asyncio.wait([rebuilding])
        await writing.execute("ROLLBACK")

    await until(lambda: observer.fetchval(f"SELECT NOT ({IS_WAITING})"))
    assert rebuilding.cancelled()
    assert await observer.fetchval(DIFFERENCES) == before


async def test_writers_and_recomputes_at_once_end_with_exact_windows(
    database: str, observer: asyncpg.Connection
) -> None:
    """One writes minutes that others damage all the time and two recomputes put right."""
    await fill(database, observer)
    written = asyncio.Event()

    async def repair() -> None:
        while not written.is_set():
            await recompute(database, on_waiting=lambda _: None)

    async def damage() -> None:
        while not written.is_set():
            # with a lock of its own: it goes through rows in no order that others could keep
            await observer.execute(f"BEGIN; {LOCK}; {DAMAGE}; {LOSE}; COMMIT")
            await asyncio.sleep(0.05)

    others = [asyncio.create_task(task) for task in (repair(), repair(), damage())]
    filling = Filling(database, CONTENT_SESSIONS, Random(2))
    for _ in range(25):
        await filling.write(partitions=3, events=300)
    await filling.sink.close()
    written.set()
    await asyncio.gather(*others)

    assert await observer.fetchval("SELECT count(*) FROM content_sessions") == 25 * 3 * 300 + 600
    await recompute(database)
    assert await observer.fetchval(DIFFERENCES) == 0


async def fill(dsn: str, observer: asyncpg.Connection) -> None:
    """Store some events, and have every minute wrong."""
    filling = Filling(dsn, CONTENT_SESSIONS, Random(1))
    await filling.write(partitions=3, events=200)
    await filling.sink.close()
    await observer.execute(DAMAGE.replace("random() < 0.1", "true"))


async def recompute(dsn: str, on_waiting: Callable[[str], None] = pytest.fail) -> None:
    rebuild = Recompute(dsn, CONTENT_SESSIONS, BY_CDN, on_waiting=on_waiting)
    try:
        for step in await rebuild.plan(MIDDLES[0] - AROUND, MIDDLES[0] + AROUND):
            await rebuild.step(step)
    finally:
        await rebuild.close()


@asynccontextmanager
async def worker(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    settings = {"idle_in_transaction_session_timeout": "3s"}
    connection = await asyncpg.connect(dsn, server_settings=settings)
    yield connection
    connection.terminate()


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await condition():  # noqa: ASYNC110 - another process makes it true
            await asyncio.sleep(0.02)
