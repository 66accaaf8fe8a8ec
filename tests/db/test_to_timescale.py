"""A database of partitions becomes one of hypertables: exact, whatever is killed on the way."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

import db.to_timescale as to_timescale_module
from db.migrate import migrate
from db.partitioning import way
from db.queries import load
from db.timescale import create_timescaledb
from db.to_timescale import CannotMoveError, to_timescale
from models.batches import Batch
from models.content_sessions import CONTENT_SESSIONS
from models.decode import Decoder
from models.positions import Position, TopicPartition
from models.validation import Limits
from sinks.base import SinkUnavailable
from sinks.postgres.sink import PostgresSink
from tests.db.old_writer import OldWriter, migrate_to_first
from tests.db.test_timescale import COLUMNS, NOW
from tests.devstack.engines.timescale.engine import timescale
from tests.models.records import NOW as RECORDED
from tests.models.records import batch_of, heartbeat

DAYS = (0, 1, 40, 58)
KEPT = 15
P0 = TopicPartition("content_sessions", 0)
OURS = (
    "CREATE VIEW mine AS SELECT sum(events) AS events FROM traffic_by_cdn_per_day",
    "COMMENT ON VIEW mine IS 'my own'",
    "CREATE VIEW busiest WITH (security_barrier) AS SELECT max(events) FROM traffic_by_cdn_windows",
    "CREATE ROLE guest",
    "GRANT SELECT ON traffic_by_cdn_windows, traffic_by_cdn_per_day, mine TO guest",
)
RIGHTS = (
    "SELECT relname, privilege_type FROM pg_class, aclexplode(relacl)"
    " WHERE grantee = to_regrole('guest') AND relnamespace = 'public'::regnamespace ORDER BY 1"
)
WORDS = (
    "SELECT relname, objsubid, description FROM pg_description JOIN pg_class ON oid = objoid"
    " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')"
    " AND NOT relispartition ORDER BY 1, 2"
)
INDEXES = (
    "SELECT i.relname, indisunique FROM pg_index JOIN pg_class AS i ON i.oid = indexrelid"
    " JOIN pg_class AS t ON t.oid = indrelid"
    " WHERE t.relnamespace = 'public'::regnamespace AND t.relkind IN ('r', 'p')"
    " AND NOT t.relispartition AND i.relname NOT LIKE '%\\_spans' ORDER BY 1"
)


@pytest.fixture
async def plain() -> AsyncIterator[str]:
    """Give a migrated database without the extension, with rows of a first-release table."""
    with timescale() as dsn:
        await migrate_to_first(dsn)
        writer = await OldWriter.start(dsn, 0)
        await writer.store(NOW - timedelta(days=20))
        await writer.close()
        await migrate(dsn)
        yield dsn


async def ask(dsn: str, *statements: str) -> list[tuple[Any, ...]]:
    """Run statements; give the rows of the last."""
    connection = await asyncpg.connect(dsn, server_settings={"timezone": "UTC"})
    try:
        for statement in statements[:-1]:
            await connection.execute(statement)
        return [tuple(row) for row in await connection.fetch(statements[-1])]
    finally:
        await connection.close()


async def views(dsn: str) -> dict[str, list[tuple[Any, ...]]]:
    """Give what everybody reads, by name."""
    found = {}
    for name in ("traffic_by_cdn", "traffic_by_asn", "traffic_by_cdn_and_asn"):
        for span in ("", "_per_hour", "_per_day"):
            found[name + span] = await ask(dsn, f"TABLE {name}{span} ORDER BY 1, 2, 3")
    found["rows"] = await ask(dsn, "SELECT * FROM content_sessions ORDER BY time, kafka_offset")
    return found


async def write(dsn: str, start: int) -> None:
    """Store a heartbeat of each of DAYS, as a worker does."""
    sink = PostgresSink(dsn, CONTENT_SESSIONS)
    try:
        await store(sink, await sink.positions([P0]), start)
    finally:
        await sink.close()


async def store(
    sink: PostgresSink, positions: Mapping[TopicPartition, Position], start: int
) -> None:
    values: list[bytes | None] = [heartbeat(RECORDED - timedelta(days=days)) for days in DAYS]
    decoded = Decoder(CONTENT_SESSIONS, Limits()).decode(batch_of(values, start=start, tp=P0))
    batch = Batch(CONTENT_SESSIONS)
    batch.add(decoded, sink.encode(decoded, epoch=positions[P0].epoch))
    await sink.write(batch, positions)


async def position(dsn: str) -> Position:
    sink = PostgresSink(dsn, CONTENT_SESSIONS)
    try:
        return (await sink.positions([P0]))[P0]
    finally:
        await sink.close()


class Killed(BaseException):
    """What a kill -9 looks like to the database: the connection is gone, no line more is run."""


async def killed_at(dsn: str, words: str) -> bool:
    """Move until it says this, then be killed; say whether it ever did."""

    def die(said: str) -> None:
        if words in said:
            raise Killed

    try:
        await to_timescale(dsn, die)
    except Killed:
        return True
    return False


async def test_everything_is_the_same_afterwards_and_counting_goes_on(plain: str) -> None:
    stored = (await position(plain)).last_offset
    await write(plain, stored + 1)
    await ask(plain, *OURS, "SELECT 1")
    before, columns, words, rights, indexes = (
        await views(plain),
        await ask(plain, COLUMNS),
        await ask(plain, WORDS),
        await ask(plain, RIGHTS),
        await ask(plain, INDEXES),
    )
    await create_timescaledb(plain)

    moved = await to_timescale(plain)

    assert len(moved) == KEPT
    assert await views(plain) == before
    assert await ask(plain, COLUMNS) == columns
    assert await ask(plain, WORDS) == words
    assert await ask(plain, RIGHTS) == rights
    assert await ask(plain, INDEXES) == indexes
    chosen = await way(plain)
    assert (chosen.hypertables, chosen.partitioned, chosen.cure) == (KEPT, 0, "")
    policies = await ask(
        plain,
        "SELECT proc_name, count(*)::int FROM timescaledb_information.jobs"
        " WHERE proc_name ~ 'policy_(compr|refresh)' GROUP BY 1 ORDER BY 1",
    )
    assert policies == [("policy_compression", KEPT), ("policy_refresh_continuous_aggregate", 20)]
    events = await ask(plain, "SELECT events FROM mine")
    await write(plain, stored + 1 + len(DAYS))
    assert (await ask(plain, "SELECT events FROM mine"))[0][0] == events[0][0] + len(DAYS)
    assert await to_timescale(plain) == []


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("content_sessions (raw): ", id="after a first partition"),
        pytest.param("content_sessions: a hypertable", id="between two tables"),
        pytest.param("traffic_by_cdn_windows (windows): ", id="in the windows"),
    ],
)
async def test_killed_on_the_way_writers_wait_readers_read_and_the_next_run_goes_on(
    plain: str, words: str
) -> None:
    stored = (await position(plain)).last_offset
    await write(plain, stored + 1)
    before = await views(plain)
    await create_timescaledb(plain)

    assert await killed_at(plain, words)

    assert await views(plain) == before
    reached = await position(plain)
    if words != "content_sessions: a hypertable":
        with pytest.raises(SinkUnavailable, match="headrace migrate --to-timescale"):
            await write(plain, stored + 1 + len(DAYS))
        assert await position(plain) == reached
    await to_timescale(plain)
    assert await views(plain) == before
    await write(plain, (await position(plain)).last_offset + 1)
    assert (await way(plain)).partitioned == 0
    assert await ask(plain, "SELECT 1 FROM pg_namespace WHERE nspname = 'headrace_moving'") == []


async def test_a_worker_that_is_connected_waits_from_the_freeze_to_its_end(database: str) -> None:
    """On plain PostgreSQL, which takes several connections: the freeze needs no TimescaleDB."""
    sql = load(Path(to_timescale_module.__file__).with_suffix(".sql"))
    await write(database, 0)
    sink = PostgresSink(database, CONTENT_SESSIONS)
    positions = await sink.positions([P0])
    freezing = await asyncpg.connect(database)
    await freezing.execute(sql["prepare"])
    await freezing.execute(await freezing.fetchval(sql["freeze"], "content_sessions"))

    with pytest.raises(
        SinkUnavailable, match=r"content_sessions_p\d+ is being moved to TimescaleDB"
    ):
        await store(sink, positions, len(DAYS))

    await freezing.execute(sql["finish"])
    await freezing.close()
    await store(sink, positions, len(DAYS))
    assert (await sink.positions([P0]))[P0].last_offset == 2 * len(DAYS) - 1
    await sink.close()


async def test_without_the_extension_nothing_is_begun(database: str) -> None:
    with pytest.raises(CannotMoveError, match="headrace migrate --timescale"):
        await to_timescale(database)

    assert await ask(database, "SELECT 1 FROM pg_namespace WHERE nspname = 'headrace_moving'") == []


async def test_a_materialized_view_in_the_way_is_told_and_nothing_is_lost(plain: str) -> None:
    before = await views(plain)
    await ask(
        plain,
        "CREATE MATERIALIZED VIEW stored AS SELECT count(*) FROM content_sessions",
        "SELECT 1",
    )
    await create_timescaledb(plain)

    with pytest.raises(CannotMoveError, match="drop materialized view stored"):
        await to_timescale(plain)

    assert await views(plain) == before
    await ask(plain, "DROP MATERIALIZED VIEW stored", "SELECT 1")
    assert len(await to_timescale(plain)) == KEPT
    assert await views(plain) == before
