"""Raw rows fold into the same windows in SQL as in Python; a recompute puts right what is wrong."""

# ruff: noqa: S608 - names of declared tables

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import asyncpg
import pytest

from models.all import STREAMS
from models.content_sessions import CONTENT_SESSIONS
from models.market_ticks import MARKET_TICKS
from models.media_events import MEDIA_EVENTS
from models.positions import Position, TopicPartition
from models.streams import Stream
from models.windows import Window
from sinks.postgres.epochs import begin_epoch
from sinks.postgres.recompute import CannotRebuild, Outcome, Recompute
from tests.sinks.random_events import AROUND, MIDDLES, Filling

Rows = list[tuple[object, ...]]

BY_CDN = next(one for one in CONTENT_SESSIONS.windows if one.name == "traffic_by_cdn")
PLAYS = next(one for one in MEDIA_EVENTS.windows if one.name == "content_plays")
(CANDLES,) = MARKET_TICKS.windows


@pytest.fixture
async def connection(database: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database)
    yield connection
    await connection.close()


@pytest.mark.parametrize("name", list(STREAMS))
@pytest.mark.parametrize("seed", [1, 2])
async def test_every_window_is_rebuilt_as_the_workers_had_folded_it(
    database: str, connection: asyncpg.Connection, name: str, seed: int
) -> None:
    stream = STREAMS[name]
    for middle in MIDDLES:
        await fill(database, stream, middle=middle, seed=seed)

    for window in stream.windows:
        folded = await rows(connection, window)
        assert folded
        assert (await recompute(database, stream, window)).wrong == 0

        await connection.execute(f"TRUNCATE {window.table}")
        outcome = await recompute(database, stream, window)

        assert await rows(connection, window) == folded
        assert outcome == Outcome(
            await connection.fetchval(f"SELECT count(*) FROM {name}"), len(folded)
        )


@pytest.mark.parametrize("window", [BY_CDN, CANDLES], ids=lambda window: window.name)
async def test_what_is_wrong_is_put_right_and_nothing_else_is_touched(
    database: str, connection: asyncpg.Connection, window: Window
) -> None:
    stream = CONTENT_SESSIONS if window is BY_CDN else MARKET_TICKS
    await fill(database, stream)
    folded = await rows(connection, window)
    count = window.measures[0].name
    half_past = MIDDLES[0] + timedelta(minutes=30)
    await connection.execute(f"DELETE FROM {window.table} WHERE window_start = $1", folded[0][0])
    await connection.execute(
        f"UPDATE {window.table} SET {count} = {count} - 1 WHERE window_start = $1", half_past
    )
    untouched = await connection.fetch(
        f"SELECT xmin FROM {window.table} WHERE window_start NOT IN ($1, $2) ORDER BY ctid",
        folded[0][0],
        half_past,
    )

    dry = await recompute(database, stream, window, dry_run=True)
    done = await recompute(database, stream, window)

    assert dry == done
    assert done.wrong == sum(row[0] in {folded[0][0], half_past} for row in folded)
    assert await rows(connection, window) == folded
    assert untouched == await connection.fetch(
        f"SELECT xmin FROM {window.table} WHERE window_start NOT IN ($1, $2) ORDER BY ctid",
        folded[0][0],
        half_past,
    )


@pytest.mark.parametrize("seconds", [1, 7, 10, 300, 5_400, 86_400])
async def test_windows_of_another_length_are_replaced(
    database: str, connection: asyncpg.Connection, seconds: int
) -> None:
    windows = (replace(BY_CDN, seconds=seconds),)
    changed = replace(CONTENT_SESSIONS, windows=windows)
    await fill(database, changed)
    folded = await rows(connection, BY_CDN)
    await connection.execute("TRUNCATE traffic_by_cdn_windows")
    await recompute(database, CONTENT_SESSIONS, BY_CDN)
    assert await rows(connection, BY_CDN) != folded

    # what begins or ends within the span is rebuilt as a whole
    await recompute(database, changed, windows[0], around=timedelta(minutes=50))
    await recompute(database, changed, windows[0])

    assert await rows(connection, BY_CDN) == folded


async def test_a_window_over_text_values_by_a_sequence_is_rebuilt_too(
    database: str, connection: asyncpg.Connection
) -> None:
    first, last = CANDLES.measures[1], CANDLES.measures[4]
    texts = tuple(replace(one, of=("sequence", "side"), kind="text") for one in (first, last))
    window = Window("sides", keys=("product_id",), measures=texts, seconds=3_600)
    stream = replace(MARKET_TICKS, windows=(window,))
    await connection.execute(
        "CREATE TABLE sides_windows (window_start timestamptz, partition int4, product_id text,"
        " open_sequence int8, open text, close_sequence int8, close text, window_seconds int4,"
        " PRIMARY KEY (window_start, partition, product_id))"
    )
    await fill(database, stream)
    folded = await rows(connection, window)
    await connection.execute("TRUNCATE sides_windows")

    await recompute(database, stream, window)

    assert await rows(connection, window) == folded


async def test_all_epochs_count(database: str, connection: asyncpg.Connection) -> None:
    await fill(database, CONTENT_SESSIONS)
    begun = {TopicPartition(CONTENT_SESSIONS.topic, one): Position(1, -1, None) for one in range(3)}
    await begin_epoch(database, CONTENT_SESSIONS.topic, begun)
    await fill(database, CONTENT_SESSIONS, seed=2)
    folded = await rows(connection, BY_CDN)
    await connection.execute("TRUNCATE traffic_by_cdn_windows")

    await recompute(database, CONTENT_SESSIONS, BY_CDN)

    assert await rows(connection, BY_CDN) == folded


async def test_windows_whose_raw_rows_are_gone_stay(
    database: str, connection: asyncpg.Connection
) -> None:
    await fill(database, CONTENT_SESSIONS)
    folded = await rows(connection, BY_CDN)
    await connection.execute("DELETE FROM content_sessions WHERE time < $1", MIDDLES[0])

    with pytest.raises(CannotRebuild, match=r"would lose the difference"):
        await recompute(database, CONTENT_SESSIONS, BY_CDN)

    assert await rows(connection, BY_CDN) == folded
    await recompute(database, CONTENT_SESSIONS, BY_CDN, with_fewer=True)
    assert await rows(connection, BY_CDN) == [row for row in folded if later(row)]


async def test_windows_without_plays_stay_too(
    database: str, connection: asyncpg.Connection
) -> None:
    """Only the second measure of `content_plays` counts stops."""
    await fill(database, MEDIA_EVENTS)
    await connection.execute("DELETE FROM content_plays_windows WHERE plays > 0")
    folded = await rows(connection, PLAYS)
    await connection.execute("TRUNCATE media_events")

    with pytest.raises(CannotRebuild, match=r"hold stops [\d,]+, those that are left make"):
        await recompute(database, MEDIA_EVENTS, PLAYS)

    assert folded
    assert await rows(connection, PLAYS) == folded


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        pytest.param(("high", "high + 1"), "high", id="a maximum"),
        pytest.param(("low", "low / 2"), "low", id="a minimum"),
        pytest.param(("volume", "volume + 1"), "volume", id="a sum"),
        pytest.param(("open_sequence", "open_sequence - 1"), "open", id="a first"),
    ],
)
async def test_every_measure_is_weighed(
    database: str, connection: asyncpg.Connection, damage: tuple[str, str], told: str
) -> None:
    """Windows that know more than their raw rows: those were deleted."""
    await fill(database, MARKET_TICKS)
    column, value = damage
    await connection.execute(f"UPDATE {CANDLES.table} SET {column} = {value}")
    held = await rows(connection, CANDLES)

    with pytest.raises(CannotRebuild, match=rf"hold {told} "):
        await recompute(database, MARKET_TICKS, CANDLES)

    assert await rows(connection, CANDLES) == held
    await recompute(database, MARKET_TICKS, CANDLES, with_fewer=True)
    assert await rows(connection, CANDLES) != held


async def test_a_stream_without_raw_rows_is_refused(database: str) -> None:
    without = replace(CONTENT_SESSIONS, keeps_rows=False)

    with pytest.raises(CannotRebuild, match="no raw rows of content_sessions are stored"):
        await recompute(database, without, BY_CDN)


def later(row: Sequence[object]) -> bool:
    return isinstance(row[0], datetime) and row[0] >= MIDDLES[0]


async def fill(dsn: str, stream: Stream, *, middle: datetime = MIDDLES[0], seed: int = 1) -> None:
    filling = Filling(dsn, stream, Random(seed))
    for _ in range(4):
        await filling.write(partitions=3, events=120, middle=middle)
    await filling.sink.close()


async def recompute(
    dsn: str,
    stream: Stream,
    window: Window,
    *,
    dry_run: bool = False,
    with_fewer: bool = False,
    around: timedelta = AROUND,
) -> Outcome:
    """Recompute around each of the middles; return the sum of what came of it."""
    rebuild = Recompute(dsn, stream, window, with_fewer=with_fewer, on_waiting=pytest.fail)
    outcomes = []
    try:
        for middle in MIDDLES:
            steps = await rebuild.plan(middle - around, middle + around)
            outcomes.extend([await rebuild.step(step, dry_run=dry_run) for step in steps])
    finally:
        await rebuild.close()
    return Outcome(sum(one.raw_rows for one in outcomes), sum(one.wrong for one in outcomes))


async def rows(connection: asyncpg.Connection, window: Window) -> Rows:
    keys = ", ".join(["window_start", "partition", *window.keys])
    return [
        tuple(row)
        for row in await connection.fetch(f"SELECT * FROM {window.table} ORDER BY {keys}")
    ]
