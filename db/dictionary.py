"""What tables, views and functions there are, with the database's own comments."""

from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import asyncpg

from db.connecting import connect
from db.queries import load


@dataclass(frozen=True, slots=True)
class RelationColumn:
    """A column of a table or view; `words` is its comment, empty without one."""

    name: str
    type: str
    nullable: bool
    is_key: bool
    words: str


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or a view, with its columns in their order; a view is made of its sources."""

    name: str
    is_view: bool
    words: str
    columns: tuple[RelationColumn, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Function:
    name: str
    arguments: str
    result: str
    words: str


async def read(dsn: str) -> tuple[list[Relation], list[Function]]:
    """Read both, by name. Raises OSError or asyncpg.PostgresError as they come."""
    sql = load(Path(__file__).with_name("dictionary.sql"))
    connection = await connect(dsn)
    try:
        columns = await connection.fetch(sql["columns"])
        functions = await connection.fetch(sql["functions"])
    finally:
        await connection.close()
    return (
        [_relation(list(of)) for _, of in groupby(columns, key=lambda row: row["relation"])],
        [
            Function(row["name"], row["arguments"], row["result"], row["about"] or "")
            for row in functions
        ],
    )


def _relation(rows: list[asyncpg.Record]) -> Relation:
    first = rows[0]
    return Relation(
        first["relation"],
        first["is_view"],
        first["about"] or "",
        tuple(
            RelationColumn(
                row["name"], row["type"], row["nullable"], row["is_key"], row["words"] or ""
            )
            for row in rows
        ),
        tuple(first["sources"]),
    )
