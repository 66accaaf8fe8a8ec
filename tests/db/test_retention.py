"""Partitions on plain PostgreSQL: made on demand and ahead, as long as their distance asks for."""

import asyncio
from datetime import timedelta

import asyncpg

from db.migrate import migrate
from db.partitions import KnownDays, day, ensure_days
from tests.db.days import INSERT, TODAY, WINDOWS, ago, noon, number, partitions
from tests.db.dropping import drop_expired

DAY_US = 86_400_000_000


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


def test_days_are_counted_from_1970() -> None:
    assert day(number(TODAY)) == TODAY


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
