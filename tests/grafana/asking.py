"""Ask a database what the dashboards ask, as Grafana would."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg

from tests.grafana.files import Asked, Json, choices, variables
from tests.grafana.interpolation import ALL, Choice
from tests.grafana.shapes import Answer


async def answer(
    connection: asyncpg.Connection, query: Asked, chosen: dict[str, Choice], now: datetime
) -> Answer:
    """Run a query, everything chosen that `chosen` does not name."""
    statement = await connection.prepare(query.text(choices(query.of, chosen), now))
    columns = {column.name: column.type.name for column in statement.get_attributes()}
    assert len(columns) == len(statement.get_attributes()), "two columns of one name"
    return Answer(columns, [tuple(row) for row in await statement.fetch()])


async def options(
    connection: asyncpg.Connection, of: Json, queries: Sequence[Asked], now: datetime
) -> dict[str, list[str]]:
    """Give what there is to choose from, by variable; one may depend on those before it."""
    found: dict[str, list[str]] = {}
    for query in queries:
        if query.of["uid"] == of["uid"] and query.panel == "variable":
            rows = (await answer(connection, query, singles(found, of), now)).rows
            found[query.title] = [str(row[0]) for row in rows]
    return found


def first(offered: dict[str, list[str]], of: Json, count: int) -> dict[str, Choice]:
    """Choose the first of each variable, or the first `count` where several may be chosen."""
    return {
        variable["name"]: offered[variable["name"]][:count]
        if variable["multi"]
        else (offered[variable["name"]] or [""])[0]
        for variable in variables(of)
        if variable["name"] in offered
    }


def singles(offered: dict[str, list[str]], of: Json) -> dict[str, Choice]:
    """Choose All of the rest, as a dashboard begins."""
    chosen = first(offered, of, 1)
    return {name: ALL if isinstance(value, list) else value for name, value in chosen.items()}


def numbers(found: Answer) -> list[Any]:
    """Give all numbers that are there."""
    return [value for name in found.numeric for value in found.values(name) if value is not None]
