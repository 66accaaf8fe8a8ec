"""Which of the two ways tables are cut by time here: never left unsaid, as it is easily missed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import asyncpg

from db.connecting import connect
from db.queries import load


@dataclass(frozen=True, slots=True)
class Way:
    """`extension` is TimescaleDB's version in this database, None where it was not created.

    `is_available` says that the server has it, and could be told to use it. Of the kept tables so
    many are plain partitions and so many hypertables.
    """

    extension: str | None
    is_available: bool
    partitioned: int = 0
    hypertables: int = 0

    @property
    def cure(self) -> str:
        """Say what to run where TimescaleDB could be used and is not; else ""."""
        if not self.partitioned:
            return ""
        return "headrace migrate --to-timescale" if self.extension or self.is_available else ""

    def __str__(self) -> str:
        """Say it in a sentence."""
        if self.extension is None:
            unused = ", though the server has TimescaleDB" if self.is_available else ""
            return f"tables are cut into PostgreSQL's own partitions{unused}"
        name = f"TimescaleDB {self.extension}"
        if not self.partitioned:
            return f"tables are hypertables of {name}"
        tables = f"{self.partitioned} tables are PostgreSQL's own partitions"
        return f"{tables}, though {name} is here; {self.hypertables} are its hypertables"


async def way_of(connection: asyncpg.Connection) -> Way:
    """Ask the database. Raises asyncpg.PostgresError as it comes."""
    sql = load(Path(__file__).with_suffix(".sql"))
    installed, is_available = (await connection.fetch(sql["extension"]))[0]
    if not await connection.fetchval(sql["is_cut"]):
        return Way(installed, is_available)
    partitioned, hypertables = (await connection.fetch(sql["cut"]))[0]
    return Way(installed, is_available, partitioned, hypertables)


async def way(dsn: str) -> Way:
    """Ask, on a connection of its own. Raises OSError, TimeoutError or asyncpg.PostgresError."""
    connection = await connect(dsn, timeout=10, command_timeout=10)
    try:
        return await way_of(connection)
    finally:
        await connection.close()
