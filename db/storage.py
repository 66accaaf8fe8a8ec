"""What is stored, weighed: by table, and by partition or chunk below."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import asyncpg

from db.connecting import connect
from db.queries import load

_LOOKED_BACK = {"raw": timedelta(days=8), "windows": timedelta(days=62)}
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Piece:
    """A partition, a chunk, or a table that is not cut. Times are those of the rows it may hold.

    `starts` is None where it holds everything before `ends`. `rows` is an estimate.
    """

    starts: datetime | None
    ends: datetime | None
    heap_bytes: int
    index_bytes: int
    compressed_bytes: int
    rows: int

    @property
    def total_bytes(self) -> int:
        return self.heap_bytes + self.index_bytes + self.compressed_bytes


@dataclass(frozen=True, slots=True)
class Table:
    """`kind` is raw, windows or other."""

    name: str
    kind: str
    pieces: list[Piece] = field(default_factory=list)

    @property
    def heap_bytes(self) -> int:
        return sum(piece.heap_bytes for piece in self.pieces)

    @property
    def index_bytes(self) -> int:
        return sum(piece.index_bytes for piece in self.pieces)

    @property
    def compressed_bytes(self) -> int:
        return sum(piece.compressed_bytes for piece in self.pieces)

    @property
    def total_bytes(self) -> int:
        return sum(piece.total_bytes for piece in self.pieces)

    @property
    def rows(self) -> int:
        return sum(piece.rows for piece in self.pieces)

    @property
    def bytes_per_row(self) -> float | None:
        """Everything that it weighs for each row; of a raw table, for each event."""
        return self.total_bytes / self.rows if self.rows else None

    def bytes_per_day(self, now: datetime) -> float | None:
        """How fast it grows, by its last days (raw) or its last two months (windows)."""
        looked_back = _LOOKED_BACK.get(self.kind)
        if looked_back is None:
            return None
        recent = [
            (piece, min(piece.ends, now) - piece.starts)
            for piece in self.pieces
            if piece.starts and piece.ends and now - looked_back <= piece.starts < now
        ]
        seconds = sum((length for _, length in recent), timedelta())
        return sum(piece.total_bytes for piece, _ in recent) / (seconds / _DAY) if seconds else None

    def bytes_before(self, expired: datetime) -> int:
        """Weigh what goes when everything that ends by then is dropped."""
        return sum(
            piece.total_bytes for piece in self.pieces if piece.ends and piece.ends <= expired
        )


async def storage(dsn: str) -> list[Table]:
    """Weigh every table of Headrace. Raises OSError or asyncpg.PostgresError as they come."""
    sql = load(Path(__file__).with_name("storage.sql"))
    connection = await connect(dsn, server_settings={"timezone": "UTC"})
    try:
        kept = await connection.fetch(sql["tables"])
        tables = {row["name"]: Table(row["name"], row["kind"]) for row in kept}
        for row in await connection.fetch(sql["partitions"]):
            tables[row["name"]].pieces.append(_piece(row))
        for name in (row["name"] for row in kept if row["is_hypertable"]):
            tables[name].pieces.extend(map(_piece, await connection.fetch(sql["chunks"], name)))
        others = await connection.fetch(sql["others"])
    finally:
        await connection.close()
    return [*tables.values(), *_uncut(others)]


def _uncut(rows: Iterable[asyncpg.Record]) -> list[Table]:
    return [Table(row["name"], row["kind"], [_piece(row)]) for row in rows]


def _piece(row: asyncpg.Record) -> Piece:
    return Piece(
        row["starts"],
        row["ends"],
        row["heap_bytes"],
        row["index_bytes"],
        row["compressed_bytes"],
        row["rows"],
    )


async def clock(dsn: str) -> datetime:
    """Ask the database for its time, which decides what has expired."""
    connection = await connect(dsn)
    try:
        now: datetime = await connection.fetchval("SELECT now()")
        return now
    finally:
        await connection.close()
