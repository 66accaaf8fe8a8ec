"""What people read of the four later streams: totals over partitions, money, candles, silence."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from db.keeping import ensure_days
from db.queries import load

HERE = Path(__file__).parent
NOW = datetime.now(UTC)
MINUTE = NOW.replace(second=0, microsecond=0) - timedelta(minutes=30)

Row = tuple[Any, ...]


async def insert(connection: asyncpg.Connection, table: str, rows: Iterable[Row]) -> None:
    days = [NOW.date() - timedelta(days=ago) for ago in range(2)]  # midnight may be just over
    await ensure_days(connection, [table], days)
    for row in rows:
        places = ", ".join(f"${nth}" for nth in range(1, len(row) + 1))
        query = f"INSERT INTO {table} VALUES ({places})"  # noqa: S608 - a test's own names
        await connection.execute(query, *row)


async def rows_of(connection: asyncpg.Connection, query: str) -> list[Row]:
    return [tuple(row) for row in await connection.fetch(query)]


def later(minutes: float) -> datetime:
    return MINUTE + timedelta(minutes=minutes)


def candle(minute: float, numbers: Iterable[int], partition: int = 0) -> Row:
    """Make a window of trades with these sequence numbers, each at its number as price."""
    prices = sorted(numbers)
    first, last = prices[0], prices[-1]
    return (
        *(later(minute), partition, "BTC-USD", len(prices)),
        *(first, Decimal(first), Decimal(last), Decimal(first), last, Decimal(last)),
        *(Decimal(len(prices)), first, last),
    )


@pytest.mark.parametrize(
    ("candles", "missing"),
    [
        pytest.param([candle(0, range(1, 11))], [0], id="nothing is before the first"),
        pytest.param([candle(0, [1, 2, 5])], [2], id="within a candle"),
        pytest.param([candle(0, [1]), candle(1, [4, 5])], [0, 2], id="between two"),
        pytest.param([candle(0, [1]), candle(9, [2])], [0, 0], id="no trades, nothing missing"),
        pytest.param([candle(0, [1, 3], 0), candle(0, [2, 4], 1)], [0], id="over partitions"),
        pytest.param(
            [candle(0, [1, 2, 4]), candle(1, [3, 5])], [0, 0], id="late into the next candle"
        ),
        pytest.param(
            [candle(0, [1, 2, 4, 5]), candle(1, [3]), candle(2, [6, 8])],
            [0, 0, 1],
            id="a candle of only a late one",
        ),
        pytest.param([candle(0, [1, 2, 2, 2, 4])], [0], id="never negative"),
    ],
)
async def test_missing_counts_sequence_numbers_that_nobody_saw(
    connection: asyncpg.Connection, candles: list[Row], missing: list[int]
) -> None:
    await insert(connection, "candles_by_product_windows", candles)

    found = await rows_of(
        connection, "SELECT missing FROM candles_by_product ORDER BY window_start"
    )

    assert found == [(one,) for one in missing]


async def test_a_candle_opens_and_closes_by_sequence_and_then_by_price(
    connection: asyncpg.Connection,
) -> None:
    def held(partition: int, opened: tuple[int, int], closed: tuple[int, int]) -> Row:
        prices = (opened[0], Decimal(opened[1]), 9, 1, closed[0], Decimal(closed[1]))
        return (MINUTE, partition, "BTC-USD", 2, *prices, Decimal("0.1"), opened[0], closed[0])

    await insert(
        connection,
        "candles_by_product_windows",
        [held(0, (1, 5), (8, 3)), held(1, (1, 4), (8, 6)), held(2, (2, 1), (7, 9))],
    )

    for view in ("candles_by_product", "candles_by_product_per_day"):
        query = f"SELECT open, close, volume, trades FROM {view}"  # noqa: S608 - as above
        found = await rows_of(connection, query)
        assert found == [(4, 6, Decimal("0.3"), 6)]


async def test_money_is_exact_however_much_it_is(connection: asyncpg.Connection) -> None:
    most = 2**63 - 1
    currencies = {
        "EUR": Decimal("184467440737095516.14"),
        "JPY": Decimal(18446744073709551614),
        "KWD": Decimal("18446744073709551.614"),
        "CLF": Decimal("1844674407370955.1614"),
    }
    await insert(
        connection,
        "purchases_by_country_windows",
        [(MINUTE, part, "DE", one, 1, 2, most) for one in currencies for part in (0, 1)],
    )

    for view in ("purchases_by_country", "purchases_by_country_per_hour", "purchase_summmary"):
        query = f"SELECT currency, amount, quantity FROM {view}"  # noqa: S608 - as above
        found = await connection.fetch(query)
        assert {row[0]: row[1] for row in found} == currencies
        assert {row[2] for row in found} == {4}


async def test_the_query_of_seed_003_runs_as_printed(connection: asyncpg.Connection) -> None:
    await insert(
        connection,
        "purchases_by_country_windows",
        [
            (MINUTE, 0, "DE", "EUR", 1, 1, 99_999),
            (later(1), 0, "DE", "EUR", 1, 1, 1_050),
            (later(1), 1, "DE", "EUR", 2, 3, 50),
            (later(1), 0, "US", "USD", 1, 1, 2_000),
        ],
    )

    found = await rows_of(connection, load(HERE / "seed_003.sql")["latest"])

    assert found == [
        (later(1), "US", "USD", 1, 1, Decimal("20.00"), 1),
        (later(1), "DE", "EUR", 3, 4, Decimal("11.00"), 1),
    ]


async def test_the_queries_of_seed_004_run(connection: asyncpg.Connection) -> None:
    numbers = [float(nth) for nth in range(9)]
    now = datetime.now(UTC)
    for at, sequence in ((now, 7), (now - timedelta(minutes=5), 6)):
        row = (sequence, 70, Decimal("1.5"), Decimal("0.25"), at, "BTC-USD", "buy", *numbers)
        await insert(connection, "market_ticks", [(*row, 0, sequence, 1)])
    queries = load(HERE / "seed_004.sql")

    everything = await connection.fetch(queries["all_of_it"])
    last_minute = await connection.fetchval(queries["last_minute"])

    printed = "sequence trade_id price last_size time product_id side open_24h volume_24h low_24h"
    more = "high_24h volume_30d best_bid best_bid_size best_ask best_ask_size"
    assert list(everything[0].keys()) == f"{printed} {more}".split()
    assert everything[0]["price"] == 1.5
    assert (len(everything), last_minute) == (2, 1)


async def test_user_event_summary_is_the_table_of_seed_002(connection: asyncpg.Connection) -> None:
    windows = [(later(seconds / 60), 0, "u", "click", 2, 10) for seconds in (0, 10, 50, 60)]
    await insert(connection, "user_event_summary_windows", [*windows, (MINUTE, 1, "u", "click", 1)])

    columns = await rows_of(
        connection,
        "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
        " WHERE attrelid = 'user_event_summary'::regclass AND attnum > 0 ORDER BY attnum",
    )
    found = await rows_of(connection, "SELECT * FROM user_event_summary ORDER BY event_minute")

    assert columns == [
        ("user_id", "text"),
        ("event_hour", "timestamp without time zone"),
        ("event_minute", "timestamp without time zone"),
        ("event_type", "text"),
        ("event_count", "integer"),
    ]
    minutes = [later(0).replace(tzinfo=None), later(1).replace(tzinfo=None)]
    assert found == [
        ("u", minute.replace(minute=0), minute, "click", count)
        for minute, count in zip(minutes, (7, 2), strict=True)
    ]


async def test_every_minute_of_a_day_is_there_also_without_rows(
    connection: asyncpg.Connection,
) -> None:
    await insert(
        connection,
        "media_events_by_type_windows",
        [
            (MINUTE, 0, "play", "movie", 3),
            (MINUTE, 1, "stop", "movie", 4),
            (later(10 / 60), 0, "play", "ad", 1, 10),
            (later(2), 0, "play", "movie", 11, 300),
        ],
    )

    every = await connection.fetch(
        "SELECT stream, count(*), count(DISTINCT window_start), max(window_start) AS last,"
        " sum(rows)::int AS rows FROM ingestion_per_minute GROUP BY stream ORDER BY stream"
    )
    silent = "market_ticks"
    some = await connection.fetch(
        "SELECT rows FROM ingestion_per_minute WHERE stream = 'media_events'"
        " AND window_start >= $1 ORDER BY window_start LIMIT 8",
        MINUTE,
    )

    assert [tuple(row)[:3] for row in every] == [
        (stream, 1_440, 1_440)
        for stream in ("content_sessions", silent, "media_events", "purchases", "user_activity")
    ]
    assert {row["stream"]: row["rows"] for row in every}[silent] == 0
    assert all(datetime.now(UTC) - row["last"] < timedelta(minutes=2) for row in every)
    # eleven rows of a window of five minutes are shared by its minutes
    assert [row["rows"] for row in some] == [8, 0, 3, 2, 2, 2, 2, 0]


async def test_an_open_window_is_shared_among_the_minutes_that_have_passed(
    connection: asyncpg.Connection,
) -> None:
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    window = (hour_ago, 0, "play", "movie", 3_600, 86_400)
    await insert(connection, "media_events_by_type_windows", [window])

    rows = await connection.fetch(
        "SELECT rows FROM ingestion_per_minute WHERE stream = 'media_events' AND rows > 0"
        " ORDER BY window_start"
    )

    minutes = [row["rows"] for row in rows]
    assert sum(minutes) == 3_600
    assert len(minutes) in (61, 62)  # the first and the last one in part
    assert all(58 <= one <= 61 for one in minutes[1:-1])


async def test_a_window_that_lies_in_two_minutes_is_shared_by_time(
    connection: asyncpg.Connection,
) -> None:
    windows = [(later(seconds / 60), 0, "click", 9, 90) for seconds in (0, 90)]
    await insert(connection, "user_activity_by_type_windows", windows)

    rows = await connection.fetch(
        "SELECT rows FROM ingestion_per_minute WHERE stream = 'user_activity'"
        " AND window_start >= $1 ORDER BY window_start LIMIT 4",
        MINUTE,
    )

    assert [row["rows"] for row in rows] == [6, 6, 6, 0]


@pytest.mark.parametrize("seconds", [10, 60, 300])
async def test_the_last_full_window_is_over_for_five_seconds(
    connection: asyncpg.Connection, seconds: int
) -> None:
    window = (MINUTE, 0, "click", 1, seconds)
    await insert(connection, "user_activity_by_type_windows", [window])

    starts = await connection.fetchval(
        "SELECT last_full_window('user_activity_by_type', $1)", NOW + timedelta(days=9)
    )

    late = (datetime.now(UTC) - starts).total_seconds()
    assert starts.timestamp() % seconds == 0
    assert seconds + 5 <= late < 2 * seconds + 15  # ten seconds for this test itself


async def test_before_there_are_windows_they_are_a_minute_long(
    connection: asyncpg.Connection,
) -> None:
    query = "SELECT window_length('traffic_by_cdn', now())"

    assert await connection.fetchval(query) == timedelta(minutes=1)


async def test_traffic_goes_by_the_length_of_its_window(connection: asyncpg.Connection) -> None:
    await insert(
        connection,
        "traffic_by_cdn_windows",
        [
            (MINUTE, 0, "Akamai", 1, 60_000, 60),
            (later(1), 0, "Akamai", 1, 60_000, 60, 10),
        ],
    )

    found = await rows_of(
        connection,
        "SELECT traffic_mbps, concurrent_sessions FROM traffic_by_cdn ORDER BY window_start",
    )

    assert found == [(1.0, 1.0), (6.0, 6.0)]
