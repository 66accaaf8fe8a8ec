"""Windows of viewers' experience: what the views make of counts, and who writes beside them."""

from datetime import UTC, datetime

import asyncpg
import pytest

from models.quality import STARTUP_MS, THROUGHPUT_KBPS
from tests.db.old_writer import OldWriter

AT = datetime(2026, 11, 25, 20, 1, tzinfo=UTC)
COLUMNS = """
SELECT array_agg(substring(attname FROM '_from_(\\d+)$')::int ORDER BY attnum)
FROM pg_attribute
WHERE attrelid = 'quality_by_cdn_and_asn_windows'::regclass AND attname LIKE $1
"""
PARTITIONS = "SELECT make_partitions($1, ARRAY['2026-11-24', '2026-11-25']::date[])"
ROW = """
INSERT INTO quality_by_cdn_and_asn_windows
SELECT $1, partition, cdn, 1, 100, 10, 3, 4000, 2, 4, 4000, 10, 50000,
       0, 1, 1, 1, 1, 0, 0, 0, 0, 5, 0, 5, 0, 0, 60
FROM unnest($2::int[], $3::text[]) AS of (partition, cdn)
"""


@pytest.mark.parametrize(
    ("name", "begins"),
    [("startups\\_from\\_%", STARTUP_MS), ("throughputs\\_from\\_%", THROUGHPUT_KBPS)],
)
async def test_columns_are_the_declared_buckets(
    connection: asyncpg.Connection, name: str, begins: tuple[int, ...]
) -> None:
    assert await connection.fetchval(COLUMNS, name) == list(begins)


@pytest.mark.parametrize(
    ("counts", "wanted", "expected"),
    [
        pytest.param([0, 10, 0, 0, 0, 0, 0], 0.5, 375, id="the middle of a bucket"),
        pytest.param([5, 5, 0, 0, 0, 0, 0], 0.5, 250, id="the end of one"),
        pytest.param([1, 1, 1, 1, 1, 1, 94], 0.95, 8_000, id="the last has no end"),
        pytest.param([0, 0, 0, 0, 0, 0, 0], 0.5, None, id="nothing"),
        pytest.param([0, 0, 4, 0, 0, 4, 0], 1.0, 8_000, id="all of it"),
        pytest.param([0, 0, 4, 0, 0, 4, 0], 0.0, 500, id="none of it"),
    ],
)
async def test_quantiles_of_buckets(
    connection: asyncpg.Connection, counts: list[int], wanted: float, expected: float | None
) -> None:
    found = await connection.fetchval("SELECT startup_quantile($1::int8[], $2)", counts, wanted)

    assert found == (pytest.approx(expected) if expected is not None else None)


@pytest.mark.parametrize(
    "view",
    [
        *("quality_by_cdn_and_asn", "quality_by_cdn", "quality_by_cdn_per_hour"),
        "quality_by_cdn_and_asn_per_day",
    ],
)
async def test_sums_of_partitions_become_ratios(connection: asyncpg.Connection, view: str) -> None:
    await connection.execute(PARTITIONS, ["quality_by_cdn_and_asn_windows"])
    await connection.execute(ROW, AT, [0, 1, 0], ["A", "A", "B"])

    both, other = await connection.fetch(f"SELECT * FROM {view} ORDER BY current_cdn")  # noqa: S608

    assert (both["stalls"], other["stalls"]) == (6, 3)
    assert both["rebuffer_ratio"] == pytest.approx(8.0 / 200)
    assert both["stalled_sessions"] == pytest.approx(20 / both["window_seconds"])
    assert both["mean_startup_ms"] == 1_000
    assert both["startup_ms_p50"] == pytest.approx(1_000)
    assert both["mean_throughput_kbps"] == 5_000
    assert both["throughput_kbps_p50"] == pytest.approx(4_000)


async def test_an_old_worker_goes_on_and_breaks_no_sum(connection: asyncpg.Connection) -> None:
    writer = OldWriter(connection, partition=0)
    await connection.execute(PARTITIONS, ["content_sessions", "traffic_by_cdn_windows"])

    await writer.store(AT)

    found = await connection.fetchrow(
        "SELECT (SELECT sum(events) FROM traffic_by_cdn), (SELECT count(*) FROM quality_by_cdn),"
        " (SELECT count(*) FROM content_sessions WHERE rebuffer_ms IS NULL AND player IS NULL)"
    )
    assert found is not None
    assert tuple(found) == (50, 0, 50)
