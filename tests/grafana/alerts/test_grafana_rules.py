"""Grafana's rules that are SQL, on a real database, in both states, with Grafana's own role."""

import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import asyncpg
import pytest

from db.partitions import ensure_days
from tests.grafana.alerts.evaluation import due, grafana_rules, sql_of
from tests.grafana.conftest import Filled

STREAMS = {"content_sessions", "media_events", "user_activity", "purchases", "market_ticks"}
SQL_RULES = [uid for uid, rule in grafana_rules().items() if sql_of(rule)]
# before the system's own: the test says what time it is, and when the database was started
CLOCK = """
CREATE SCHEMA clock;
GRANT USAGE ON SCHEMA clock TO headrace_reader;
CREATE FUNCTION clock.now() RETURNS timestamptz LANGUAGE sql RETURN timestamptz '{now}';
CREATE FUNCTION clock.pg_postmaster_start_time() RETURNS timestamptz
LANGUAGE sql RETURN timestamptz '{started}';
"""

Row = tuple[Any, ...]


class Database:
    """A migrated database: its owner fills it, its reader asks."""

    def __init__(
        self, owner: asyncpg.Connection, reader: asyncpg.Connection, now: datetime
    ) -> None:
        self.owner = owner
        self.reader = reader
        self.now = now

    async def close(self) -> None:
        await self.owner.execute("DROP SCHEMA clock CASCADE")
        await self.owner.close()
        await self.reader.close()

    async def started(self, seconds_ago: float) -> None:
        started = self.now - timedelta(seconds=seconds_ago)
        await self.owner.execute("DROP SCHEMA IF EXISTS clock CASCADE")
        await self.owner.execute(CLOCK.format(now=self.now, started=started))
        await self.reader.execute("SET search_path = clock, pg_catalog, public")

    def minute(self, ago: int) -> datetime:
        return self.now.replace(second=0, microsecond=0) - timedelta(minutes=ago)

    async def insert(self, table: str, rows: Sequence[Row]) -> None:
        today = self.now.date()
        await ensure_days(self.owner, [table], [today, today - timedelta(days=1)])
        for row in rows:
            places = ", ".join(f"${nth}" for nth in range(1, len(row) + 1))
            query = f"INSERT INTO {table} VALUES ({places})"  # noqa: S608 - a test's own names
            await self.owner.execute(query, *row)

    async def stored(self, topic: str, seconds_ago: float, partition: int = 0) -> None:
        """Say when the newest stored record of a partition was produced."""
        at = int(self.now.timestamp() * 1_000 - seconds_ago * 1_000)
        await self.insert("stream_positions", [(topic, partition, 1, 99, at)])

    async def setting(self, name: str, value: object) -> None:
        await self.insert("alert_settings", [(name, json.dumps(value))])

    async def due(self, uid: str) -> set[str]:
        """Give the stream, CDN or product of what is due; `` where there is no label."""
        found = await due(grafana_rules()[uid], self.reader)
        return {
            dict(labels).popitem()[1] if labels else ""
            for labels, is_due in found.items()
            if is_due
        }


@pytest.fixture
async def db(database: str) -> AsyncIterator[Database]:
    owner, reader = await asyncpg.connect(database), await asyncpg.connect(database)
    await reader.execute("SET ROLE headrace_reader")
    db = Database(owner, reader, datetime.now(UTC))
    await db.started(3_600)
    yield db
    await db.close()


@pytest.mark.parametrize("uid", SQL_RULES)
async def test_nothing_is_due_on_an_empty_database(db: Database, uid: str) -> None:
    assert await db.due(uid) == set()


async def test_no_data_looks_at_every_stream_and_names_those_that_are_silent(db: Database) -> None:
    await db.stored("it-purchases", 61)
    await db.stored("it-purchases", 900, partition=1)
    await db.stored("media_events", 50)
    await db.stored("media_events", 900, partition=1)
    await db.stored("orders-of-mine", 61)

    found = await due(grafana_rules()["headrace-no-data"], db.reader)

    assert {dict(labels)["stream"] for labels in found} == STREAMS | {"orders-of-mine"}
    assert await db.due("headrace-no-data") == {"purchases", "orders-of-mine"}


async def test_no_data_is_not_due_where_silence_is_normal(db: Database) -> None:
    await db.stored("it-purchases", 900)
    await db.stored("it-user_activity", 900)
    await db.setting("quiet_streams", ["purchases", "market_ticks"])

    assert await db.due("headrace-no-data") == {"user_activity"}


async def test_no_data_is_not_due_before_the_first_record(db: Database) -> None:
    await db.insert("stream_positions", [("it-purchases", 0, 1, -1, None)])

    assert await db.due("headrace-no-data") == set()


async def test_no_data_gives_a_database_that_just_started_a_minute(db: Database) -> None:
    await db.stored("it-purchases", 8 * 3_600)
    await db.started(50)
    assert await db.due("headrace-no-data") == set()

    await db.started(61)
    assert await db.due("headrace-no-data") == {"purchases"}


async def refuse(
    db: Database, count: int, *, of: int = 0, topic: str = "it-purchases", minutes_ago: float = 1
) -> None:
    """Refuse the first of a topic's records."""
    at = db.now - timedelta(minutes=minutes_ago)
    rows = [(at, topic, 0, nth, 1, "invalid", "no country", b"{}") for nth in range(count)]
    await db.insert("event_dead_letters", rows)
    await db.insert("stream_positions", [(topic, 0, 1, max(count, of) - 1, None)])


async def buy(db: Database, count: int) -> None:
    rows = [(db.minute(ago), 0, "DE", "EUR", count // 2, 1, 100) for ago in (1, 2)]
    await db.insert("purchases_by_country_windows", rows)


@pytest.mark.parametrize(
    ("refused", "bought", "is_due"),
    [
        pytest.param(11, 1_000, True, id="more than one in a hundred"),
        pytest.param(10, 1_000, False, id="one in a hundred and one"),
        pytest.param(9, 2, False, id="few of few, as on a quiet stream"),
        pytest.param(10, 0, True, id="nothing but dead letters"),
    ],
)
async def test_dead_letters(db: Database, refused: int, bought: int, *, is_due: bool) -> None:
    await refuse(db, refused)
    await buy(db, bought)

    assert await db.due("headrace-dead-letters") == ({"purchases"} if is_due else set())


async def test_dead_letters_are_few_among_many_records_that_were_produced_late(
    db: Database,
) -> None:
    await refuse(db, 10, of=1_000)

    assert await db.due("headrace-dead-letters") == set()


async def test_dead_letters_of_a_stream_of_ones_own(db: Database) -> None:
    await refuse(db, 11, of=1_000, topic="orders-of-mine")

    assert await db.due("headrace-dead-letters") == {"orders-of-mine"}


async def test_dead_letters_are_forgotten_after_ten_minutes(db: Database) -> None:
    await refuse(db, 100, minutes_ago=10.5)

    assert await db.due("headrace-dead-letters") == set()


def traffic(db: Database, cdn: str, mbps: int, minutes: Sequence[int]) -> list[Row]:
    """Make windows of two partitions that carry this together."""
    return [
        (db.minute(ago), part, cdn, 1, mbps * 60 * 1_000 // 2, 1)
        for ago in minutes
        for part in (0, 1)
    ]


async def test_a_cdn_is_due_above_nine_tenths_of_its_capacity(db: Database) -> None:
    await db.insert("cdn_capacity", [("Full", 100), ("Busy", 100), ("Unused", 100), ("Unset", 0)])
    for cdn, mbps in (("Full", 91), ("Busy", 89), ("Unset", 500), ("Unknown", 500)):
        await db.insert("traffic_by_cdn_windows", traffic(db, cdn, mbps, range(1, 6)))

    assert await db.due("headrace-cdn-near-capacity") == {"Full"}


async def test_a_cdn_is_not_due_for_a_minute_that_fills_nor_for_the_first_after_a_start(
    db: Database,
) -> None:
    await db.insert("cdn_capacity", [("Full", 100)])
    await db.insert("traffic_by_cdn_windows", traffic(db, "Full", 100, [0, 1, 2]))

    assert await db.due("headrace-cdn-near-capacity") == set()


def candle(at: datetime, product: str, first: int, last: int, trades: int) -> Row:
    price = Decimal(1)
    numbers = (first, price, price, price, last, price, price, first, last)
    return (at, 0, product, trades, *numbers)


async def test_sequence_gaps_are_due_within_and_between_minutes_that_are_over(db: Database) -> None:
    rows = [
        *(candle(db.minute(3), "WITHIN", 1, 990, 979), candle(db.minute(3), "WHOLE", 1, 100, 100)),
        *(candle(db.minute(4), "BETWEEN", 1, 9, 9), candle(db.minute(3), "BETWEEN", 20, 29, 10)),
        *(candle(db.minute(13), "LONG-AGO", 1, 99, 9), candle(db.minute(0), "FILLS", 1, 99, 9)),
        *(candle(db.minute(1), "JUST-OVER", 1, 99, 9), candle(db.minute(3), "FEW", 1, 20, 11)),
        candle(db.minute(3), "ONE-IN-A-HUNDRED", 1, 1_000, 990),
    ]
    await db.insert("candles_by_product_windows", rows)

    assert await db.due("headrace-sequence-gaps") == {"WITHIN", "BETWEEN"}


@pytest.mark.parametrize(
    ("allowed", "is_due"),
    [
        pytest.param(1_000, True, id="too small"),
        pytest.param(10**12, False, id="large enough"),
        pytest.param(0, False, id="not set"),
    ],
)
async def test_disk(db: Database, allowed: int, *, is_due: bool) -> None:
    await db.setting("database_bytes_allowed", allowed)

    assert await db.due("headrace-disk-full") == ({""} if is_due else set())


@pytest.mark.parametrize("uid", SQL_RULES)
async def test_nothing_is_due_after_three_healthy_hours(filled: Filled, uid: str) -> None:
    """What the simulated clients do wrong, and an exchange that leaves out numbers, is usual."""
    db = Database(await asyncpg.connect(filled.dsn), await asyncpg.connect(filled.dsn), filled.now)
    try:
        await db.reader.execute("SET ROLE headrace_reader")
        await db.started(3_600)

        assert await db.due(uid) == set()
    finally:
        await db.close()
