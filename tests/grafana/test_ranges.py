"""Each panel has something to show in a quarter of an hour, a day and a week of the story."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from devstack.engines import Postgres
from generator import history
from generator.clients import HEARTBEAT_SECONDS, Simulation
from generator.story import TROUBLED_CDN, Story
from generator.streams import SIMULATED
from generator.times import DAY, SECOND
from generator.traffic import Fractions
from models.all import STREAMS
from models.batches import Batch
from models.decode import Decoder
from models.positions import TopicPartition
from models.validation import Limits
from sinks.postgres.sink import PostgresSink
from tests.databases import temporary_database
from tests.grafana.asking import answer, numbers, options, singles
from tests.grafana.conftest import Filled
from tests.grafana.files import FILES, Asked, asked
from tests.grafana.shapes import check
from tests.models.records import batch_of

DAYS = 8  # a week before has a day, too
EVENTS_PER_SECOND = 0.15
QUERIES = [query for query in asked(FILES) if query.panel != "variable"]
RANGES = ("now-15m", "now-24h", "now-7d")
# nothing to show in so short a time, and that is right
TROUBLES = {"Gaps", "Dead letters with their reasons", "Dead letters, one by one"}
ENOUGH_SESSION_SECONDS = 100 * HEARTBEAT_SECONDS
OF_AN_HOUR = {"Changes of CDN a minute, last hour"}  # whatever the dashboard's range
SELDOM = TROUBLES | {
    *OF_AN_HOUR,
    "$product_of_candles by window",  # few events a second: a product may rest for so long
}


# about one viewer a quarter of an hour begins: these are asked at the moment when one did
OF_STARTS = {"Start, slowest twentieth, last five minutes", "Start by CDN, slowest twentieth"}


@pytest.fixture(scope="module")
def told(postgres: Postgres, _template: str) -> Iterator[Filled]:
    """Store the story of eight days up to now."""
    with temporary_database(postgres, "story", _template) as name:
        now = datetime.now(UTC)
        asyncio.run(store(postgres.dsn(name), int(now.timestamp() * 1_000)))
        yield Filled(postgres.dsn(name), now)


async def store(dsn: str, now: int) -> None:
    simulation = Simulation(1, EVENTS_PER_SECOND, now)
    past = history.past(simulation, Fractions(), list(SIMULATED), DAYS * DAY / SECOND)
    for name, source in past.items():
        stream = STREAMS[name]
        values = [record.value for record in source.take(source.due(now - 1))]
        records = batch_of(values, tp=TopicPartition(name, 0), timestamp=now)
        decoded = Decoder(stream, Limits()).decode(records)
        sink, batch = PostgresSink(dsn, stream), Batch(stream)
        batch.add(decoded, sink.encode(decoded, epoch=1))
        await sink.write(batch, await sink.positions([decoded.tp]))
        await sink.close()


@pytest.fixture
async def reader(told: Filled) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(told.dsn, user="headrace_reader")
    yield connection
    await connection.close()


def over(since: str, query: Asked) -> Asked:
    """Look at a range of the dashboard's; a panel's own stays as it is."""
    is_of_dashboard = query.since == query.of["time"]["from"]
    return replace(query, since=since) if is_of_dashboard else query


@pytest.mark.timeout(300)
@pytest.mark.parametrize("since", RANGES)
async def test_every_panel_shows_something(
    reader: asyncpg.Connection, told: Filled, since: str
) -> None:
    every = list(asked(FILES))
    began = await reader.fetchval(
        "SELECT max(time) FROM content_sessions WHERE startup_ms IS NOT NULL"
    )
    empty = []
    for query in QUERIES:
        wanted = over(since, query)
        chosen = singles(await options(reader, query.of, every, told.now), query.of)

        at = began if query.title in OF_STARTS else told.now
        found = await answer(reader, wanted, chosen, at)

        check(query.panel, query.format, found)
        if not numbers(found):
            empty.append(query.title)
    assert set(empty) <= (SELDOM if since == "now-15m" else OF_AN_HOUR)


async def value(reader: asyncpg.Connection, title: str, now: datetime) -> float | None:
    query = next(query for query in QUERIES if query.title == title)
    chosen = {"currency": "USD"} if query.uses("currency") else {}
    found = await answer(reader, query, dict(chosen), now)
    number = found.rows[0][0]
    return None if number is None else float(number)


async def test_the_last_purchase_was_never_in_the_future(
    reader: asyncpg.Connection, told: Filled
) -> None:
    for seconds in (1, 30, 90, 600):
        at = told.now - timedelta(hours=1, seconds=seconds)
        last = await reader.fetchval(
            "SELECT max(event_time) FROM purchases WHERE event_time <= $1", at
        )

        shown = await value(reader, "Since the last purchase", at)

        assert shown is not None
        assert 0 <= shown <= (at - last).total_seconds()


async def test_where_nothing_arrives_nothing_says_that_all_is_free(
    reader: asyncpg.Connection, told: Filled
) -> None:
    before_all = told.now - timedelta(days=DAYS + 2)

    assert await value(reader, "Concurrent sessions", before_all) == 0
    assert await value(reader, "Headroom", before_all) is None
    assert await value(reader, "Fullest CDN", before_all) is None
    assert await value(reader, "Minutes without a row", before_all) is None


async def test_most_watched_follows_the_choice_of_content(
    reader: asyncpg.Connection, told: Filled
) -> None:
    query = next(query for query in QUERIES if query.title == "Most watched")

    ads = await answer(reader, query, {"content_type": ["ad"]}, told.now)

    of_ads = {
        row["title"]
        for row in await reader.fetch("SELECT title FROM media_events WHERE content_type = 'ad'")
    }
    assert set(ads.values("Title")) <= of_ads
    assert ads.rows


async def test_a_day_alone_is_one_bar_among_days_of_none(
    reader: asyncpg.Connection, told: Filled
) -> None:
    query = next(query for query in QUERIES if query.title == "Data volume, 30 days")

    found = await answer(reader, query, {}, told.now)

    days = found.values("Each day")
    assert len(days) == 31
    assert sum(1 for count in days if count) <= DAYS + 1


async def test_a_few_late_events_make_no_share_and_no_bitrate(database: str) -> None:
    now = datetime.now(UTC)
    busy = b'{"time":"%b","session_id":"a","platform":"web","channel":"c","asn":1,"current_cdn":'
    full, lone = now - timedelta(minutes=10), now - timedelta(minutes=30)
    beats = [(full, b"Akamai")] * 300 + [(full, b"Fastly")] * 100 + [(lone, b"Fastly")]
    values = [
        busy % time.isoformat().encode() + b'"%b","video_profile_kbps":4000}' % cdn
        for time, cdn in beats
    ]
    stream = STREAMS["content_sessions"]
    records = batch_of(
        values, tp=TopicPartition("content_sessions", 0), timestamp=int(now.timestamp() * 1_000)
    )
    decoded = Decoder(stream, Limits()).decode(records)
    sink, batch = PostgresSink(database, stream), Batch(stream)
    batch.add(decoded, sink.encode(decoded, epoch=1))
    await sink.write(batch, await sink.positions([decoded.tp]))
    await sink.close()
    connection = await asyncpg.connect(database)
    for title in ("Share of traffic", "Mean bitrate by CDN"):
        query = next(query for query in QUERIES if query.title == title)

        found = await answer(connection, query, {}, now)

        minute = full.replace(second=0, microsecond=0)
        assert set(found.values("time")) <= {minute, minute + timedelta(minutes=1)}, title
    await connection.close()


async def test_the_bad_evening_is_seen_in_the_bitrates(
    reader: asyncpg.Connection, told: Filled
) -> None:
    story = Story(int(told.now.timestamp() * 1_000))
    hours = await reader.fetch(
        "SELECT extract(epoch FROM window_start)::float8 * 1000 AS at, kilobits, session_seconds "
        "FROM traffic_by_cdn_per_hour WHERE current_cdn = $1",
        TROUBLED_CDN,
    )

    bad = [row for row in hours if story.is_trouble(int(row["at"]))]
    good = [row for row in hours if not story.is_trouble(int(row["at"]))]
    # so few events that the CDN may have one viewer or none at all in its two hours
    if sum(row["session_seconds"] for row in bad) > ENOUGH_SESSION_SECONDS:
        assert mean_kbps(bad) < mean_kbps(good) * 0.7


def mean_kbps(hours: Sequence[asyncpg.Record]) -> float:
    kilobits = sum(float(row["kilobits"]) for row in hours)
    return kilobits / sum(float(row["session_seconds"]) for row in hours)
