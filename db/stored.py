"""What the database holds, counted: for a comparison with what was produced."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from db.connecting import connect
from db.queries import load

Number = int | Decimal
Numbers = tuple[Number, ...]

VIEWS: Mapping[str, tuple[str, ...]] = {
    "content_sessions": ("traffic_by_cdn", "quality_by_cdn_and_asn"),
    "media_events": ("media_events_by_type", "content_plays"),
    "user_activity": ("user_event_summary",),
    "purchases": ("purchases_by_country",),
    "market_ticks": ("candles_by_product",),
}
"""The views that are read, by stream."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One stream: rows; dead letters by reason; by view, the numbers of each window.

    `rows` is None where they are not kept. A window's key is `<start, ISO, Z>|<key>|...`;
    stored.sql names its numbers.
    """

    rows: int | None = 0
    dead_letters: Mapping[str, int] = field(default_factory=dict)
    views: Mapping[str, Mapping[str, Numbers]] = field(default_factory=dict)


async def stored(dsn: str, topics: Mapping[str, str], views: Collection[str]) -> dict[str, Stored]:
    """Count all rows, dead letters and those of VIEWS, in one snapshot.

    `topics` are full names, by stream; `views` says which are wanted. Raises OSError or
    asyncpg.PostgresError as they come.
    """
    sql = load(Path(__file__).with_name("stored.sql"))
    connection = await connect(dsn)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            rows = {row[0]: row[1] for row in await connection.fetch(sql["rows"])}
            letters = await connection.fetch(sql["dead_letters"], list(topics.values()))
            windows = {
                view: _numbers(await connection.fetch(sql[view]))
                for stream in topics
                for view in VIEWS[stream]
                if view in views
            }
    finally:
        await connection.close()
    return {
        stream: Stored(
            rows[stream],
            {reason: count for of, reason, count in letters if of == topic},
            {view: windows[view] for view in VIEWS[stream] if view in windows},
        )
        for stream, topic in topics.items()
    }


async def positions(dsn: str, topic: str) -> dict[int, int]:
    """Return the next offset to store of each partition that has begun."""
    sql = load(Path(__file__).with_name("stored.sql"))
    connection = await connect(dsn)
    try:
        return {row[0]: row[1] for row in await connection.fetch(sql["positions"], topic)}
    finally:
        await connection.close()


def _numbers(rows: list[Any]) -> dict[str, Numbers]:
    return {row[0]: tuple(row)[1:] for row in rows}
