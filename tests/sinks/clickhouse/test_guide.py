"""docs/guides/clickhouse.md: its queries run, its options are those that there are."""

import re
from pathlib import Path

import pytest

from sinks.clickhouse.options import ClickhouseOptions
from tests.sinks.clickhouse.beside import P0, Place, batch

_GUIDE = Path("docs/guides/clickhouse.md").read_text()
_QUERIES = re.findall(r"```sql\n(.*?)```", _GUIDE, re.DOTALL)


@pytest.mark.parametrize("query", _QUERIES)
async def test_a_query_of_the_guide_runs(place: Place, query: str) -> None:
    sink = place.sink()
    await sink.write(batch(sink, (P0, 0, 9)), await sink.positions([P0]))

    place.query_in_database(query)

    await sink.close()


async def test_the_query_of_rows_a_minute_shows_gaps(place: Place) -> None:
    [query] = [one for one in _QUERIES if "WITH FILL" in one]
    sink = place.sink()
    await sink.write(batch(sink, (P0, 0, 9)), await sink.positions([P0]))

    rows = [line.split("\t") for line in place.query_in_database(query).splitlines()]

    assert len(rows) == 60
    assert sum(int(row[1]) for row in rows) == 10
    await sink.close()


def test_the_guide_tells_every_option() -> None:
    section = _GUIDE.split("## Options")[1].split("## What")[0]

    assert set(re.findall(r"`(\w+)`", section)) >= set(ClickhouseOptions.model_fields)
