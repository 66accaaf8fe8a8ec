"""The same answers from TimescaleDB, where hours and days are continuous aggregates."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from io import BytesIO

import asyncpg
import pytest

from db.migrate import migrate
from tests.devstack.engines.timescale.engine import timescale
from tests.grafana.asking import answer, options, singles
from tests.grafana.conftest import Filled
from tests.grafana.files import FILES, asked
from tests.grafana.shapes import Answer, check

# Operations asks what is the same on both: positions, dead letters, sizes
ALL_QUERIES = [
    query
    for query in asked([path for path in FILES if path.stem != "operations"])
    if query.title != "Oldest stream"
]


@pytest.fixture
async def plain(filled: Filled) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(filled.dsn)
    yield connection
    await connection.close()


@pytest.fixture
async def timescaledb(plain: asyncpg.Connection) -> AsyncIterator[asyncpg.Connection]:
    """Copy what the worker has stored into hypertables."""
    with timescale() as dsn:
        connection = await asyncpg.connect(dsn)
        await connection.execute("CREATE EXTENSION timescaledb")
        await connection.close()
        await migrate(dsn)
        connection = await asyncpg.connect(dsn)
        for (table,) in await plain.fetch("SELECT name FROM kept_tables"):
            rows = BytesIO()
            await plain.copy_from_query(f"TABLE {table}", output=rows)
            rows.seek(0)
            await connection.copy_to_table(table, source=rows)
        yield connection
        await connection.close()


def told(found: Answer) -> Sequence[Sequence[object]]:
    """Give the rows, without the last digits, which depend on the order of adding up."""
    return [
        [f"{value:.6g}" if isinstance(value, float) else value for value in row]
        for row in found.rows
    ]


@pytest.mark.timeout(300)  # WebAssembly: migrations and rows take a minute on a busy machine
async def test_every_query_answers_the_same(
    timescaledb: asyncpg.Connection, plain: asyncpg.Connection, filled: Filled
) -> None:
    # the same full minutes for both, also when one ends in between
    now = filled.now - timedelta(minutes=2)
    for query in ALL_QUERIES:
        chosen = singles(await options(plain, query.of, ALL_QUERIES, now), query.of)

        found = await answer(timescaledb, query, chosen, now)

        check(query.panel, query.format, found)
        expected = await answer(plain, query, chosen, now)
        assert sorted(map(str, told(found))) == sorted(map(str, told(expected))), query.name
