"""What alerts need of the database, and what it needs to know of the settings for them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg

from db.queries import load

_SECONDS = 10
_SQL = Path(__file__).with_name("survey.sql")


@dataclass(frozen=True, slots=True)
class Survey:
    """What each CDN can carry (Mbit/s), and what the database weighs; None before a first look."""

    cdn_capacity_mbps: Mapping[str, int] = field(default_factory=dict)
    database_bytes: int | None = None


async def survey(dsn: str, alert_settings: Mapping[str, Any]) -> Survey:
    """Look, and keep `alert_settings` for the alerts that are SQL.

    Raises OSError, TimeoutError or asyncpg.PostgresError.
    """
    sql = load(_SQL)
    connection = await asyncpg.connect(dsn, timeout=_SECONDS, command_timeout=_SECONDS)
    try:
        rows = [(name, json.dumps(value)) for name, value in alert_settings.items()]
        await connection.executemany(sql["keep_alert_setting"], rows)
        capacity = await connection.fetch(sql["cdn_capacity"])
        return Survey(dict(map(tuple, capacity)), await connection.fetchval(sql["database_bytes"]))
    finally:
        await connection.close()
