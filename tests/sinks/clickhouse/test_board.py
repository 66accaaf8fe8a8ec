"""Grafana's dashboard on ClickHouse: every query, on rows of the sink, as the reader."""

import json
import re
import urllib.request
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest

from grafana import uids
from models.all import STREAMS
from sinks.clickhouse.migrate import migrate
from tests.grafana.files import dashboard, panels
from tests.models.records import NOW_MILLISECONDS
from tests.sinks.clickhouse.beside import Place
from tests.sinks.clickhouse.test_tables import stored
from tests.sinks.random_events import event

BOARD = dashboard(Path(uids.__file__).parent / "clickhouse/dashboards/on_clickhouse.json")
QUERIES = [
    pytest.param(panel, target, id=panel["title"])
    for panel in panels(BOARD)
    for target in panel["targets"]
]
_NUMBERS = re.compile(r"(Nullable\()?(Float64|U?Int\d+)\)?")


@pytest.fixture
async def filled(place: Place) -> Place:
    """Store sessions, some of them refused, and ticks, through the sink."""
    random = Random(13)
    for topic in ("content_sessions", "market_ticks"):
        stream = STREAMS[topic]
        await migrate(place.options(), stream)
        sink = place.sink(stream)
        values = [event(stream, random) for _ in range(200)]
        await stored(sink, stream, [*values, b"{", b"[]"], -1)
        await sink.close()
    return place


@pytest.mark.parametrize(("panel", "target"), QUERIES)
async def test_a_query_gives_what_its_panel_draws(
    filled: Place, panel: dict[str, Any], target: dict[str, Any]
) -> None:
    columns, rows = asked_as_reader(filled, expanded(target["rawSql"]))

    assert rows
    numbers = [place for place, kind in enumerate(columns.values()) if _NUMBERS.fullmatch(kind)]
    assert any(row[place] is not None for row in rows for place in numbers)
    if panel["type"] == "timeseries":
        assert (target["format"], target["queryType"]) == (0, "timeseries")
        assert re.match(r"DateTime", columns["time"])
        assert set(columns) == {"time", "metric", "value"} or "metric" not in columns
        times = [row[0] for row in rows]
        assert all(one <= other for one, other in pairwise(times)), "Grafana wants them in order"
    else:
        assert (target["format"], target["queryType"]) == (1, "table")


@pytest.mark.parametrize(("panel", "target"), QUERIES)
async def test_a_query_of_empty_tables_is_empty(
    place: Place, panel: dict[str, Any], target: dict[str, Any]
) -> None:
    for topic in ("content_sessions", "market_ticks"):
        await migrate(place.options(), STREAMS[topic])

    assert asked_as_reader(place, expanded(target["rawSql"]))[1] == [], panel["title"]


async def test_its_numbers_are_those_of_the_rows(filled: Place) -> None:
    [sql] = [
        t["rawSql"] for p in panels(BOARD) if "Dead letters" in p["title"] for t in p["targets"]
    ]
    _, letters = asked_as_reader(filled, expanded(sql))
    [sql] = [t["rawSql"] for p in panels(BOARD) if "by minute" in p["title"] for t in p["targets"]]
    _, by_minute = asked_as_reader(filled, expanded(sql))

    assert sum(row[1] for row in letters) == 2
    assert sum(row[2] for row in by_minute if row[1] == "good rows") == 200
    assert sum(row[2] for row in by_minute if row[1] == "dead letters") == 2


def test_every_panel_names_the_data_source_that_is_provisioned() -> None:
    for panel in panels(BOARD):
        for source in (panel["datasource"], *(target["datasource"] for target in panel["targets"])):
            assert source == {"type": "grafana-clickhouse-datasource", "uid": uids.CLICKHOUSE}
        assert len(panel["description"]) > 40
    assert BOARD["uid"] == uids.ON_CLICKHOUSE
    assert BOARD["id"] is None


def expanded(sql: str) -> str:
    """Put in a range for the plug-in's macro, as it does: in whole seconds, both ends included."""
    start = datetime.fromtimestamp(NOW_MILLISECONDS / 1_000, UTC) - timedelta(hours=2)
    end = datetime.now(UTC) + timedelta(hours=2)

    def value(found: re.Match[str]) -> str:
        assert found[1] == "timeFilter", f"this knows no {found[0]}"
        since, until = (f"toDateTime({int(time.timestamp())})" for time in (start, end))
        return f"{found[2]} >= {since} AND {found[2]} <= {until}"

    return re.sub(r"\$__(\w+)\(([^)]*)\)", value, sql).rstrip().removesuffix(";")


def asked_as_reader(place: Place, sql: str) -> tuple[dict[str, str], list[list[Any]]]:
    """Ask as Grafana's user; give the columns with their types, and the rows."""
    assert "$" not in sql
    with urllib.request.urlopen(
        f"http://127.0.0.1:{place.server.port}/?database={place.database}"
        "&user=headrace_reader&password=reads&default_format=JSONCompact"
        "&output_format_json_quote_64bit_integers=0",
        sql.encode(),
        timeout=30,
    ) as answer:
        found = json.load(answer)
    return {column["name"]: column["type"] for column in found["meta"]}, found["data"]
