"""What alerts need of the database, and what it needs to know of the settings for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from db.connecting import connect
from db.queries import load

_SECONDS = 10
_SQL = Path(__file__).with_name("database_probe.sql")


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """What alerts that are SQL go by: of `streams`, those in `quiet` may be silent."""

    streams: Sequence[str]
    quiet: Sequence[str]
    bytes_allowed: int


@dataclass(frozen=True, slots=True)
class DatabaseProbe:
    """What each CDN can carry (Mbit/s), and what the database weighs; None before a first look."""

    cdn_capacity_mbps: Mapping[str, int] = field(default_factory=dict)
    database_bytes: int | None = None


async def probe_database(dsn: str, settings: AlertSettings) -> DatabaseProbe:
    """Look, and keep the settings there.

    Raises OSError, TimeoutError or asyncpg.PostgresError.
    """
    sql = load(_SQL)
    connection = await connect(dsn, timeout=_SECONDS, command_timeout=_SECONDS)
    try:
        await connection.execute(sql["keep_quiet"], settings.quiet, settings.streams)
        await connection.execute(sql["keep_bytes_allowed"], settings.bytes_allowed)
        capacity = await connection.fetch(sql["cdn_capacity"])
        return DatabaseProbe(
            dict(map(tuple, capacity)), await connection.fetchval(sql["database_bytes"])
        )
    finally:
        await connection.close()
