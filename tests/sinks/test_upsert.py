"""The SQL of each merge does what `models.windows` says, in whatever parts and order."""

from collections.abc import AsyncIterator
from itertools import pairwise
from random import Random

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.fold import Deltas, merge_deltas
from models.streams import Stream
from models.windows import Measure, Window
from sinks.postgres.upsert import arrays, read_totals, totals_sql, upsert_sql
from tests.models.windows import CANDLES, SECOND, TICKS, Tick, Trade, fold_trades, trades

TABLE = """
CREATE TEMP TABLE candles_windows (
    window_start timestamptz, partition int4, product text, trades int8, volume int8, low int8,
    high int8, open_sequence int8, open int8, close_sequence int8, close int8, window_seconds int4,
    PRIMARY KEY (window_start, partition, product)
)"""


@pytest.fixture
async def connection(database: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database)
    await connection.execute(TABLE)
    yield connection
    await connection.close()


@given(st.lists(trades, max_size=40), st.lists(st.integers(1, 39), max_size=4), st.randoms())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_the_table_is_the_fold_of_all_deltas(
    connection: asyncpg.Connection, some: list[Trade], cuts: list[int], random: Random
) -> None:
    await connection.execute("TRUNCATE candles_windows")
    bounds = [0, *sorted(cut for cut in cuts if cut < len(some)), len(some)]
    parts = [some[begin:end] for begin, end in pairwise(bounds) if begin < end]
    merged: Deltas = {CANDLES: {}}

    for part in random.sample(parts, len(parts)):
        deltas = fold_trades(part, (CANDLES,))
        merge_deltas(merged, deltas)
        returned = read_totals(
            CANDLES,
            await connection.fetch(upsert_sql(TICKS, CANDLES), *arrays(deltas[CANDLES].items())),
        )
        assert returned == {key: merged[CANDLES][key] for key in deltas[CANDLES]}

    held = await connection.fetch(totals_sql(TICKS, CANDLES), [0], -(10**15))
    assert read_totals(CANDLES, held) == fold_trades(some, (CANDLES,))[CANDLES]


async def test_totals_are_those_of_the_partitions_and_times_asked_for(
    connection: asyncpg.Connection,
) -> None:
    times = [-60 * SECOND, 0, 60 * SECOND]
    deltas = fold_trades([Trade(time, "BTC", 1, 1, 1) for time in times], (CANDLES,))[CANDLES]
    elsewhere = {(start, 7, *keys): row for (start, _, *keys), row in deltas.items()}
    await connection.fetch(
        upsert_sql(TICKS, CANDLES), *arrays([*deltas.items(), *elsewhere.items()])
    )

    held = await connection.fetch(totals_sql(TICKS, CANDLES), [0, 3], 0)

    assert [key[:2] for key in sorted(read_totals(CANDLES, held))] == [(0, 0), (60 * SECOND, 0)]


def test_a_measure_without_sql_is_refused() -> None:
    window = Window("odd", keys=("product",), measures=(Measure("odd", of=("price",)),))
    stream = Stream(topic="odd", event=Tick, event_time="time", windows=(window,))

    with pytest.raises(TypeError, match="measure odd: no SQL for Measure"):
        upsert_sql(stream, window)
