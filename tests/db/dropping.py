"""Dropping at once what has expired, without a round's hesitation."""

from collections.abc import Mapping

from db.partitions import statement
from db.retention_drops import RetentionRound, connect, drop


async def drop_expired(dsn: str, retention: Mapping[str, int]) -> RetentionRound:
    """Drop what is older than so many days, by table, also what was just written."""
    connection = await connect(dsn)
    try:
        kept = await connection.fetch(statement("kept"))
        hypertables = {row["name"]: row["is_hypertable"] for row in kept}
        return await drop(connection, hypertables, retention, None)
    finally:
        await connection.close()
