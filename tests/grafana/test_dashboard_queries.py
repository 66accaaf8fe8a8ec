"""Every query of every panel and variable, on real rows, as the role that Grafana has."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import asyncpg
import pytest

from tests.grafana.asking import answer, first, numbers, options, singles
from tests.grafana.conftest import Filled
from tests.grafana.files import Asked as Query
from tests.grafana.files import asked, variables
from tests.grafana.shapes import check

ALL_QUERIES = list(asked())
QUERIES = [pytest.param(query, id=query.name) for query in ALL_QUERIES]
OF_PANELS = [
    pytest.param(query, id=query.name) for query in ALL_QUERIES if query.panel != "variable"
]

# what cdn_capacity holds from the beginning
ABOUT_CAPACITY = {"Headroom", "CDN usage", "Capacity and headroom"}
# rows that a system without troubles does not have
OF_TROUBLES = {"Gaps"}
# three hours have no week before them; tests/grafana/test_ranges.py has
WEEK_BEFORE = "'A week before'"


@pytest.fixture
async def reader(filled: Filled) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(filled.dsn, user="headrace_reader")
    yield connection
    await connection.close()


@pytest.fixture
async def empty(database: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database, user="headrace_reader")
    yield connection
    await connection.close()


@pytest.mark.parametrize("query", QUERIES)
async def test_a_query_gives_what_its_panel_draws(
    query: Query, filled: Filled, reader: asyncpg.Connection
) -> None:
    offered = await options(reader, query.of, ALL_QUERIES, filled.now)

    found = await answer(reader, query, singles(offered, query.of), filled.now)

    check(query.panel, query.format, found)
    may_be_empty = query.title in OF_TROUBLES or WEEK_BEFORE in query.sql
    assert found.rows or may_be_empty
    assert numbers(found) or may_be_empty or query.panel == "variable"


@pytest.mark.parametrize("query", OF_PANELS)
async def test_a_query_takes_two_choices(
    query: Query, filled: Filled, reader: asyncpg.Connection
) -> None:
    offered = await options(reader, query.of, ALL_QUERIES, filled.now)

    found = await answer(reader, query, first(offered, query.of, 2), filled.now)

    check(query.panel, query.format, found)
    assert numbers(found) or query.title in OF_TROUBLES or WEEK_BEFORE in query.sql


@pytest.mark.parametrize("query", OF_PANELS)
async def test_a_query_leaves_out_what_is_not_chosen(
    query: Query, filled: Filled, reader: asyncpg.Connection
) -> None:
    offered = await options(reader, query.of, ALL_QUERIES, filled.now)
    for variable in variables(query.of):
        if query.uses(variable["name"]):
            nobody = ["Nobody's"] if variable["multi"] else "Nobody's"
            chosen = singles(offered, query.of) | {variable["name"]: nobody}

            found = await answer(reader, query, chosen, filled.now)

            assert not any(numbers(found)), variable["name"]


@pytest.mark.parametrize("query", QUERIES)
async def test_a_query_of_an_empty_database_is_empty(
    query: Query, empty: asyncpg.Connection
) -> None:
    found = await answer(empty, query, {}, datetime.now(UTC))

    check(query.panel, query.format, found)
    assert not any(numbers(found)) or query.title in ABOUT_CAPACITY
