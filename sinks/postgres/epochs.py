"""Beginning a topic's next epoch, by hand."""

from pathlib import Path

import asyncpg

from db.queries import load


async def begin_epoch(dsn: str, topic: str) -> int | None:
    """Begin the next epoch of a topic and return its number; None for a topic never stored."""
    connection = await asyncpg.connect(dsn)
    try:
        sql = load(Path(__file__).with_name("queries.sql"))["new_epoch"]
        rows = await connection.fetch(sql, topic)
        return int(rows[0]["epoch"]) if rows else None
    finally:
        await connection.close()
