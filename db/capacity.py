"""What CDNs can carry, in a demonstration: rows that a person has set are never touched."""

from collections.abc import Mapping
from pathlib import Path

from db.connecting import connect
from db.queries import load

_SECONDS = 60


async def raise_examples(dsn: str, simulated_mbps: Mapping[str, float]) -> dict[str, int]:
    """Let CDNs carry so much simulated traffic, Mbit/s; return the capacities that were raised.

    Only rows as the first migration or this function wrote them are raised, and none is lowered.
    The database must be migrated. Raises OSError, TimeoutError or asyncpg.PostgresError as they
    come.
    """
    sql = load(Path(__file__).with_suffix(".sql"))["raise_examples"]
    connection = await connect(dsn, timeout=_SECONDS, command_timeout=_SECONDS)
    try:
        names, traffic = list(simulated_mbps), list(simulated_mbps.values())
        raised = await connection.fetch(sql, names, traffic)
        return {row["cdn_name"]: row["max_capacity_mbps"] for row in raised}
    finally:
        await connection.close()
