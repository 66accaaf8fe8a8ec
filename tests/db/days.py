"""Days as dates, numbers and noons, and what there is of a kept table."""

from datetime import UTC, date, datetime, timedelta

import asyncpg

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
