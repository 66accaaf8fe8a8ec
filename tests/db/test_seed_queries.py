"""The queries that the seeds print run as they are printed, Grafana's macros expanded."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from db.partitions import ensure_days
from db.queries import load

QUERIES = load(Path(__file__).with_name("seed_000.sql"))
MINUTE = datetime(2026, 11, 22, 10, 5, tzinfo=UTC)
ROWS = [
    (MINUTE, 1, "Akamai", 2_048),
    (MINUTE + timedelta(seconds=59.999), 1, "Akamai", 2_048),
    (MINUTE + timedelta(seconds=60), 2, "Fastly", 1_024),
    (MINUTE - timedelta(days=1), 3, "Fastly", 1_024),
]


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("traffic_by_cdn", [(MINUTE, "Akamai", 4), (MINUTE + timedelta(minutes=1), "Fastly", 1)]),
        ("traffic_by_asn", [(MINUTE, 1, 4), (MINUTE + timedelta(minutes=1), 2, 1)]),
    ],
)
async def test_a_printed_query_runs_unchanged(
    database: str, name: str, rows: list[tuple[object, ...]]
) -> None:
    query = (
        QUERIES[name]
        .replace("$__timeFrom()", "'2026-11-22T10:00:00Z'")
        .replace("$__timeTo()", "'2026-11-22T11:00:00Z'")
    )
    connection = await asyncpg.connect(database)
    try:
        await ensure_days(connection, ["content_sessions"], {row[0].date() for row in ROWS})
        await connection.executemany(
            "INSERT INTO content_sessions VALUES ($1, 's', 'tv', 'news', $2, $3, $4, 10, 0, 0, 1)",
            ROWS,
        )
        found = await connection.fetch(query)
    finally:
        await connection.close()

    assert [tuple(row) for row in found] == rows


@pytest.mark.parametrize(
    ("width", "time", "bucket"),
    [
        ("1 minute", "2026-11-22 10:05:59.999+00", "2026-11-22 10:05+00"),
        ("5 minutes", "2026-11-22 10:09+00", "2026-11-22 10:05+00"),
        ("1 day", "2026-11-22 23:59+00", "2026-11-22 00:00+00"),
        ("1 week", "2026-11-22 10:05+00", "2026-11-16 00:00+00"),  # Mondays
        ("10 seconds", "1969-12-31 23:59:55+00", "1969-12-31 23:59:50+00"),
    ],
)
async def test_time_bucket_answers_as_timescaledb_does(
    database: str, width: str, time: str, bucket: str
) -> None:
    connection = await asyncpg.connect(database)
    try:
        equal = await connection.fetchval(
            "SELECT time_bucket($1::text::interval, $2::text::timestamptz) = $3::text::timestamptz",
            width,
            time,
            bucket,
        )
    finally:
        await connection.close()

    assert equal


async def test_the_tables_of_the_seed_are_filled_and_editable(database: str) -> None:
    connection = await asyncpg.connect(database)
    try:
        capacity = await connection.fetch("SELECT * FROM cdn_capacity ORDER BY 1")
        await connection.execute("INSERT INTO cdn_capacity VALUES ('Own', 10)")
        await connection.execute("INSERT INTO cdn_priority VALUES (3320, 1, 'Own')")
        priority = await connection.fetch("SELECT * FROM cdn_priority ORDER BY asn, priority_level")
    finally:
        await connection.close()

    assert [tuple(row) for row in capacity] == [
        ("Akamai", 500),
        ("CloudFront", 300),
        ("Fastly", 750),
    ]
    assert len(priority) == 4
