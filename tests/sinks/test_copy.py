"""What the COPY encoder writes, PostgreSQL reads as it was meant."""

from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.windows import Kind
from sinks.postgres.copy import HEADER, TRAILER, encode_rows

TABLE = "CREATE TEMP TABLE copied (a text, b int4, c int8, d timestamptz, e int4, f text)"
READ = "SELECT a, b, c, (extract(epoch FROM d) * 1000000)::int8, e, f FROM copied ORDER BY ctid"
KINDS: tuple[Kind, ...] = ("text", "int4", "int8", "timestamptz")
MICROSECONDS = 1_000_000

values: dict[Kind, st.SearchStrategy[Any]] = {
    "text": st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    "int4": st.integers(-(2**31), 2**31 - 1),
    "int8": st.integers(-(2**63), 2**63 - 1),
    "timestamptz": st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)).map(  # noqa: DTZ001 - UTC follows
        lambda time: int(time.replace(tzinfo=UTC).timestamp()) * MICROSECONDS + time.microsecond
    ),
}


@st.composite
def columns(draw: st.DrawFn) -> list[list[Any]]:
    """Make a column of each kind: of ever new values, of few values, or with NULLs."""
    rows = draw(st.integers(1, 30))

    def column(kind: Kind) -> list[Any]:
        few = st.sampled_from(draw(st.lists(values[kind], min_size=1, max_size=3)))
        some = draw(st.sampled_from([values[kind], few, st.none() | few]))
        return draw(st.lists(some, min_size=rows, max_size=rows))

    return [column(kind) for kind in KINDS]


@given(columns(), values["int4"], values["text"])
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_rows_come_back_as_they_were(
    database: str, given_columns: list[list[Any]], number: int, text: str
) -> None:
    encoded = encode_rows(
        list(zip(KINDS, given_columns, strict=True)), [("int4", number), ("text", text)]
    )

    read = await copied(database, encoded)

    assert read == [(*row, number, text) for row in zip(*given_columns, strict=True)]


@pytest.mark.parametrize("rows", [1, 5], ids=["one row", "many rows"])
@pytest.mark.parametrize(
    "row",
    [
        pytest.param(("", -(2**31), -(2**63), 0), id="least"),
        pytest.param(("x" * 100_000, 2**31 - 1, 2**63 - 1, 1), id="most"),
        pytest.param(("ß😀\n\t\\N\"'", 0, 0, -1), id="odd"),
        pytest.param(("2000", -1, -1, 946_684_800_000_000), id="where PostgreSQL counts from"),
    ],
)
async def test_extremes_come_back_as_they_were(
    database: str, row: tuple[Any, ...], rows: int
) -> None:
    given_columns = [[value] * rows for value in row]

    read = await copied(
        database,
        encode_rows(list(zip(KINDS, given_columns, strict=True)), [("int4", 1), ("text", None)]),
    )

    assert read == [(*row, 1, None)] * rows


async def copied(dsn: str, encoded: bytes) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(TABLE)
        await connection.copy_to_table("copied", source=_chunks(encoded), format="binary")
        return [tuple(row) for row in await connection.fetch(READ)]
    finally:
        await connection.close()


async def _chunks(encoded: bytes) -> Any:
    for chunk in (HEADER, encoded, TRAILER):
        yield chunk
