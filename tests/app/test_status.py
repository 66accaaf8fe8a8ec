"""What a worker says of now, from its live tables: also right after a window has ended."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import faust
import pytest

from app.readings import candles
from app.status import StatusOf, StreamStatus
from batching.table import WindowTable, entry_key, key_label
from models.content_sessions import CONTENT_SESSIONS
from models.market_ticks import MARKET_TICKS
from models.media_events import MEDIA_EVENTS
from models.streams import Stream
from telemetry import metrics
from telemetry.stats import StreamStats
from tests.agents.doubles import Ear, GatedSink, writer_to

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MBPS, SESSIONS = 300, 60
SHOWN_AFTER = timedelta(seconds=1)


@pytest.fixture
def app() -> faust.App:
    return faust.App("status")


def status_of(app: faust.App, stream: Stream, window: str, now: datetime) -> StreamStatus:
    tables = {window: WindowTable(app, name=window)}
    return StreamStatus(stream, StreamStats(), writer_to(GatedSink(), Ear()), tables, lambda: now)


def with_length(stream: Stream, seconds: int) -> Stream:
    windows = tuple(replace(window, seconds=seconds) for window in stream.windows)
    return replace(stream, windows=windows)


def put(status: StreamStatus, start: datetime, key: tuple[str, ...], **measures: float) -> None:
    [table] = status.tables.values()
    name = entry_key(int(start.timestamp()) * 1_000_000, partition=0)
    table.data.setdefault(name, {})[key_label(key)] = measures


def steady(app: faust.App, seconds: int, now: datetime) -> StreamStatus:
    """Fill in what steady traffic has left by now."""
    status = status_of(app, with_length(CONTENT_SESSIONS, seconds), "traffic_by_cdn", now)
    for nth in range(-3_600 // seconds, 3_600 // seconds):
        start = NOON + timedelta(seconds=nth * seconds)
        held = min((now - SHOWN_AFTER - start).total_seconds(), seconds)
        if held > 0:
            kilobits, session_seconds = MBPS * 1_000 * held, SESSIONS * held
            put(status, start, ("Akamai",), kilobits=kilobits, session_seconds=session_seconds)
    return status


@pytest.mark.parametrize("seconds", [10, 60, 300])
@pytest.mark.parametrize("after", [0, 0.5, 1.5, 3, 9.9, 30, 59.9, 150, 299.9])
def test_traffic_is_right_at_every_moment(app: faust.App, seconds: int, after: float) -> None:
    status = steady(app, seconds, NOON + timedelta(seconds=after))

    found = StatusOf(app, [status]).traffic()

    assert found["traffic_seconds"] == max(seconds, 60)
    akamai = found["traffic_by_cdn"]["Akamai"]
    assert akamai["traffic_mbps"] == pytest.approx(MBPS, rel=0.05)
    assert akamai["concurrent_sessions"] == pytest.approx(SESSIONS, rel=0.05)
    [(key, (_, mbps))] = status.now()["headline"]["keys"].items()
    assert (key, mbps) == ("Akamai", akamai["traffic_mbps"])


def test_a_cdn_that_carries_no_more_is_not_shown(app: faust.App) -> None:
    status = steady(app, 60, NOON)

    late = replace(status, clock=lambda: NOON + timedelta(minutes=2, seconds=2))

    assert StatusOf(app, [late]).traffic()["traffic_by_cdn"] == {}


def test_open_windows_are_those_that_have_not_ended(app: faust.App) -> None:
    status = steady(app, 300, NOON + timedelta(seconds=200))

    assert status.now()["open_windows"] == 1


def test_a_name_with_a_bar_is_told_whole(app: faust.App) -> None:
    status = status_of(app, MEDIA_EVENTS, "content_plays", NOON + timedelta(seconds=62))
    put(status, NOON, ("c|1", "News | Live"), plays=3)
    put(status, NOON, ("c", "1|News"), plays=1)

    assert status.now()["headline"]["keys"] == {"News | Live": [3, 3], "1|News": [1, 1]}


@pytest.mark.parametrize(
    ("seconds", "trades"),
    [
        pytest.param(10, 60, id="six short ones"),
        pytest.param(60, 60, id="a minute"),
        pytest.param(300, 300, id="one that is longer"),
    ],
)
def test_candles_are_measured_once_their_minute_is_over(
    app: faust.App, seconds: int, trades: int
) -> None:
    stream = with_length(MARKET_TICKS, seconds)
    status = status_of(app, stream, "candles_by_product", NOON + timedelta(seconds=65))
    for nth in range(-900 // seconds, 120 // seconds + 1):
        first = nth * seconds
        put(
            status,
            NOON + timedelta(seconds=first),
            ("BTC-USD",),
            trades=seconds,
            first_sequence=first,
            last_sequence=first + seconds - 1,
        )

    read = {metric: value for metric, _, value in candles(status)}

    assert read == {  # those up to noon: later ones are not over for a minute yet
        metrics.CANDLE_FIRST: -trades,
        metrics.CANDLE_LAST: -1,
        metrics.CANDLE_TRADES: trades,
    }


def test_a_price_is_the_newest(app: faust.App) -> None:
    status = status_of(app, MARKET_TICKS, "candles_by_product", NOON + timedelta(seconds=90))
    put(status, NOON + timedelta(minutes=1), ("BTC-USD",), trades=1, close=7)
    put(status, NOON, ("BTC-USD",), trades=4, close=5)

    [[_, price]] = status.now()["headline"]["keys"].values()

    assert price == 7
