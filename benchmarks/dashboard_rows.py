"""Raw rows as of a busy month, and the windows that they fold into."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import asyncpg

from db.partitions import ensure_days
from db.queries import load
from models.all import STREAMS
from sinks.postgres.recompute_sql import insert_sql

_SHARES = {
    "content_sessions": 0.5,
    "media_events": 0.2,
    "user_activity": 0.15,
    "market_ticks": 0.1,
    "purchases": 0.05,
}
_DAYS = 30
_LAST_HOUR = 0.2


async def fill(dsn: str, rows: int, now: datetime, say: Callable[[str], None]) -> None:
    """Store `rows` raw rows, a fifth of them of the last hour, the others of 30 days before."""
    sql = load(Path(__file__).with_name("dashboards.sql"))
    hour_ago, begin = now - timedelta(hours=1), now - timedelta(days=_DAYS)
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(sql["hash01"])
        await _make_partitions(connection, begin.date().toordinal(), now.date().toordinal())
        for name, share in _SHARES.items():
            recent = round(rows * share * _LAST_HOUR)
            older = round(rows * share) - recent
            say(f"{name}: {recent + older:,} rows")
            await connection.execute(sql[name], older, begin, hour_ago, 0, timeout=None)
            await connection.execute(sql[name], recent, hour_ago, now, older, timeout=None)
            for window in STREAMS[name].windows:
                await connection.execute(
                    insert_sql(STREAMS[name], window), begin, now, timeout=None
                )
        say("vacuum, analyze")
        await connection.execute("VACUUM ANALYZE", timeout=None)
    finally:
        await connection.close()


async def _make_partitions(connection: asyncpg.Connection, first: int, last: int) -> None:
    days = [datetime.fromordinal(day).date() for day in range(first, last + 1)]
    tables = [
        table
        for stream in STREAMS.values()
        for table in (stream.topic, *(window.table for window in stream.windows))
    ]
    await ensure_days(connection, tables, days)
