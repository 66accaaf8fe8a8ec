"""What the COPY encoder writes, PostgreSQL reads as it was meant."""

from datetime import UTC, datetime
from decimal import Decimal
from ipaddress import ip_address
from typing import Any

import asyncpg
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.types import Kind
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


_decimals = st.decimals(
    allow_nan=False, allow_infinity=False, min_value=-(10**18), max_value=10**18, places=18
) | st.sampled_from([Decimal(some) for some in ("0", "-0", "0.00", "1E+9", "1E-18", "1.5")])
_special: dict[str, st.SearchStrategy[Any]] = {
    "numeric": _decimals,
    "float8": st.floats(allow_nan=False) | _decimals,
    "inet": st.ip_addresses().map(str),
    "text[]": st.lists(values["text"], max_size=4).map(tuple),
    "jsonb": st.dictionaries(values["text"], values["int8"], max_size=3).map(msgspec.json.encode),
}


@pytest.mark.parametrize("kind", _special)
async def test_special_columns_come_back_as_they_were(database: str, kind: Kind) -> None:
    @given(st.lists(st.none() | _special[kind], min_size=1, max_size=30))
    @settings(max_examples=40)
    def check(column: list[Any]) -> None:
        encoded.append((column, encode_rows([(kind, column)], [])))

    encoded: list[tuple[list[Any], bytes]] = []
    check()

    connection = await asyncpg.connect(database)
    try:
        for column, rows in encoded:
            await connection.execute(f"CREATE TEMP TABLE special (a {kind})")
            await connection.copy_to_table("special", source=_chunks(rows), format="binary")
            read = await connection.fetch("SELECT a FROM special ORDER BY ctid")
            assert [_plain(kind, row["a"]) for row in read] == [
                _plain(kind, value) for value in column
            ]
            await connection.execute("DROP TABLE special")
    finally:
        await connection.close()


def _plain(kind: Kind, value: Any) -> Any:
    if value is None:
        return None
    match kind:
        case "float8":
            return float(value)
        case "inet":
            return ip_address(str(value))
        case "text[]":
            return list(value)
        case "jsonb":
            return msgspec.json.decode(value)
        case _:
            return value


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
