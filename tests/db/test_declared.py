"""The database's tables are those that the streams declare."""

import asyncpg
import pycountry
import pytest

from models.all import STREAMS
from models.money import decimals
from models.streams import Stream
from models.windows import Window

KINDS = {
    "int4": "integer",
    "int8": "bigint",
    "float8": "double precision",
    "timestamptz": "timestamp with time zone",
}
WINDOWS = [(stream, window) for stream in STREAMS.values() for window in stream.windows]

COLUMNS = """
SELECT attname, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute
WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped
"""
KEY = """
SELECT attname FROM pg_index, unnest(indkey) WITH ORDINALITY AS key (number, place)
JOIN pg_attribute ON attnum = number
WHERE indrelid = $1::text::regclass AND attrelid = indrelid AND indisprimary ORDER BY place
"""


def column(name: str, kind: str, *, nullable: bool = False) -> tuple[str, str, bool]:
    return (name, KINDS.get(kind, kind), not nullable)


@pytest.mark.parametrize("stream", STREAMS.values(), ids=lambda stream: stream.topic)
async def test_a_raw_table_has_its_streams_columns_and_where_each_row_came_from(
    connection: asyncpg.Connection, stream: Stream
) -> None:
    found = await connection.fetch(COLUMNS, stream.topic)

    # by name: a column that came later stands behind those that were there
    assert sorted(tuple(row) for row in found) == sorted(
        [
            *(column(one.name, one.kind, nullable=one.nullable) for one in stream.columns),
            column("kafka_partition", "int4"),
            column("kafka_offset", "int8"),
            column("epoch", "int4"),
        ]
    )


@pytest.mark.parametrize(("stream", "window"), WINDOWS, ids=[window.name for _, window in WINDOWS])
async def test_a_window_table_has_its_windows_keys_and_measures(
    connection: asyncpg.Connection, stream: Stream, window: Window
) -> None:
    found = await connection.fetch(COLUMNS, window.table)
    key = await connection.fetch(KEY, window.table)

    assert sorted(tuple(row) for row in found) == sorted(
        [
            column("window_start", "timestamptz"),
            column("partition", "int4"),
            *(column(name, stream.column(name).kind) for name in window.keys),
            *(column(*one) for measure in window.measures for one in measure.columns),
            column("window_seconds", "int4"),
        ]
    )
    assert [row["attname"] for row in key] == ["window_start", "partition", *window.keys]


async def test_the_database_counts_money_as_python_does(connection: asyncpg.Connection) -> None:
    currencies = [currency.alpha_3 for currency in pycountry.currencies]

    found = await connection.fetch(
        "SELECT c, minor_units(c) FROM unnest($1::text[]) AS c", currencies
    )

    assert {row[0]: row[1] for row in found} == {one: decimals(one) for one in currencies}
