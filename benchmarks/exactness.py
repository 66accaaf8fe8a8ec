"""Whether a drained database holds exactly what was produced."""

from __future__ import annotations

from pathlib import Path

import asyncpg

from benchmarks.prefilled_topic import Backlog, Totals
from db.queries import load
from models.content_sessions import CONTENT_SESSIONS
from models.windows import Window

SQL = load(Path(__file__).with_name("queries.sql"))


class InexactError(Exception):
    """The database does not hold what was produced: no figure of this run is worth anything."""


async def check_exact(dsn: str, backlog: Backlog) -> None:
    """Compare raw rows and every row of every window. Raises InexactError."""
    connection = await asyncpg.connect(dsn)
    try:
        await _check_raw(connection, backlog)
        traffic = CONTENT_SESSIONS.windows[0].measures
        for window in CONTENT_SESSIONS.windows:
            if window.measures != traffic:
                continue  # Backlog.totals tells of these alone
            expected, stored = backlog.totals(window), await _stored(connection, window)
            if expected != stored:
                differing = {
                    key: (expected.get(key), stored.get(key))
                    for key in expected.keys() | stored.keys()
                    if expected.get(key) != stored.get(key)
                }
                raise InexactError(
                    f"{window.name}: {len(differing)} of {len(expected)} rows differ, "
                    f"first (produced, stored): {next(iter(differing.items()))}"
                )
    finally:
        await connection.close()


async def _check_raw(connection: asyncpg.Connection, backlog: Backlog) -> None:
    totals = backlog.totals(CONTENT_SESSIONS.windows[0]).values()
    events, kilobits, seconds = (sum(column) for column in zip(*totals, strict=True))
    expected = (events, events, kilobits, seconds)
    stored = await connection.fetchrow(SQL["raw"])
    if stored is None or tuple(stored) != expected:
        raise InexactError(f"raw rows: produced {expected}, stored {stored}")


async def _stored(connection: asyncpg.Connection, window: Window) -> Totals:
    keys = ", ".join(window.keys)
    rows = await connection.fetch(
        "SELECT (extract(epoch FROM window_start) / 60)::bigint, "  # noqa: S608 - declared names
        f"{keys}, sum(events)::bigint, sum(kilobits)::bigint, sum(session_seconds)::bigint "
        f"FROM {window.table} GROUP BY window_start, {keys}"
    )
    width = 1 + len(window.keys)
    return {tuple(row)[:width]: list(tuple(row)[width:]) for row in rows}
