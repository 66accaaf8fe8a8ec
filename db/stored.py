"""What the database holds, counted: for a comparison with what was produced."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import asyncpg

from db.queries import load


@dataclass(frozen=True, slots=True)
class Stored:
    """Rows; dead letters by reason; (events, kilobits) by `<minute, ISO, Z>|<cdn>`."""

    rows: int
    dead_letters: Mapping[str, int]
    windows: Mapping[str, tuple[int, int]]


async def stored(dsn: str, topic: str) -> Stored:
    """Count everything, in one snapshot. Raises OSError or asyncpg.PostgresError as they come."""
    sql = load(Path(__file__).with_name("stored.sql"))
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            rows = await connection.fetchval(sql["rows"])
            dead_letters = await connection.fetch(sql["dead_letters"], topic)
            windows = await connection.fetch(sql["windows"])
    finally:
        await connection.close()
    return Stored(
        rows,
        {reason: count for reason, count in dead_letters},  # noqa: C416 - records, not tuples
        {f"{_minute(at)}|{cdn}": (events, kilobits) for at, cdn, events, kilobits in windows},
    )


async def positions(dsn: str, topic: str) -> dict[int, int]:
    """Return the next offset to store of each partition that has begun."""
    sql = load(Path(__file__).with_name("stored.sql"))
    connection = await asyncpg.connect(dsn)
    try:
        return {row[0]: row[1] for row in await connection.fetch(sql["positions"], topic)}
    finally:
        await connection.close()


def _minute(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
