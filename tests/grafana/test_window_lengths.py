"""The same steady traffic gives the same rates on every dashboard, however long windows are."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import asyncpg
import pytest

from config.settings import Settings
from config.streams import known_streams
from db.queries import load
from grafana import uids
from grafana.generated import HERE
from models.batches import Batch
from models.decode import Decoder
from models.positions import TopicPartition
from models.streams import Stream
from models.validation import Limits
from sinks.postgres.sink import PostgresSink
from tests.grafana.asking import answer, numbers
from tests.grafana.files import asked
from tests.models.examples import FORMS
from tests.models.records import batch_of

SENT = ["content_sessions", "media_events 2.0", "user_activity", "market_ticks"]
"""One event of each comes every second, always the same."""

EXPECTED: dict[str, set[float]] = {
    "Traffic": {40},
    "Concurrent sessions": {10},
    "CDN usage": {8, 0},
    "Fullest CDN": {8},
    "Capacity and headroom": {40, 500, 460, 8, 10, 0, 300, 750},
    "Traffic by CDN": {40},
    "Usage of capacity": {8},
    "Concurrent sessions by CDN": {10},
    "Share of traffic": {100},
    "Traffic by ASN": {40},
    "Networks and CDNs, last full window": {40, 10, 4},
    "Mean bitrate by CDN": {4},
    "Plays": {60},
    "Stops": {0},
    "Events by type": {60},
    "Events by content": {60},
    "Play-to-stop balance": {60, 0},
    "Rate": {60},
    "Events a minute": {60},
    "Trades a minute": {60},
    "Rows a minute, last full window": {60},
    "Sequence numbers missing": {0},
    "Missing sequence numbers": {0},
}
"""Every number that a panel shows."""

# beside the traffic stand its capacity and the week before; other dashboards repeat some panels
BESIDE = ("'Capacity'", "'A week before'")
QUERIES = [
    query
    for query in asked()
    if query.title in EXPECTED
    and query.of["uid"] not in {uids.OVERVIEW, uids.QUALITY}
    and not any(name in query.sql for name in BESIDE)
]


@pytest.fixture(params=[10, 60, 300, 90])
async def reader(
    request: pytest.FixtureRequest, database: str
) -> AsyncIterator[asyncpg.Connection]:
    """Fill a database with windows of this length, from an aligned begin to some minutes ahead."""
    names = [
        window.name for stream in known_streams(Settings()).values() for window in stream.windows
    ]
    lengths = dict.fromkeys(names, request.param)
    streams = known_streams(Settings(window_seconds=lengths))
    now = datetime.now(UTC)
    begin = datetime.fromtimestamp(now.timestamp() // 900 * 900 - 1_800, UTC)
    for name in SENT:
        await store(database, streams[name.split()[0]], name, begin, now)
    connection = await asyncpg.connect(database, user="headrace_reader")
    yield connection
    await connection.close()


async def store(dsn: str, stream: Stream, name: str, begin: datetime, now: datetime) -> None:
    seconds = int((now - begin).total_seconds()) + 240
    values = [event(name, begin + timedelta(seconds=nth), nth) for nth in range(seconds)]
    written = int(now.timestamp() + 240) * 1_000
    records = batch_of(values, tp=TopicPartition(stream.topic, 0), timestamp=written)
    decoded = Decoder(stream, Limits()).decode(records)
    assert len(decoded.offsets) == seconds
    sink, batch = PostgresSink(dsn, stream), Batch(stream)
    batch.add(decoded, sink.encode(decoded, epoch=1))
    await sink.write(batch, await sink.positions([decoded.tp]))
    await sink.close()


def event(name: str, time: datetime, nth: int) -> bytes:
    form = FORMS[name]
    fields: dict[str, object] = {form.stream.event_time: time.isoformat()}
    if name == "market_ticks":
        fields |= {"sequence": nth + 1, "last_size": 0.1}
    return form.event(**fields)


async def test_every_rate_is_what_it_is(reader: asyncpg.Connection) -> None:
    assert {query.title for query in QUERIES} == set(EXPECTED)
    now = datetime.now(UTC)
    for query in QUERIES:
        found = await answer(reader, query, {"product_of_candles": "BTC-USD"}, now)

        shown = {round(float(number), 6) for number in numbers(found)}
        assert shown == EXPECTED[query.title], query.name
        assert found.rows


async def test_lines_have_no_gaps_and_end_with_the_last_full_window(
    reader: asyncpg.Connection,
) -> None:
    now = datetime.now(UTC)
    [query] = [query for query in QUERIES if query.title == "Traffic by CDN"]

    found = await answer(reader, query, {}, now)

    length = await reader.fetchval("SELECT window_length('traffic_by_cdn', now())")
    times = found.values("time")
    assert {later - time for time, later in pairwise(times)} == {length}
    assert None not in found.values("value")
    assert now - length <= times[-1] + length + timedelta(seconds=5) <= datetime.now(UTC)


async def test_a_silence_ends_a_line(reader: asyncpg.Connection, database: str) -> None:
    owner = await asyncpg.connect(database)
    length = await owner.fetchval("SELECT window_length('traffic_by_cdn', now())")
    hole = await owner.fetchval(
        "SELECT last_full_window('traffic_by_cdn', now()) - $1::interval", length
    )
    await owner.execute("DELETE FROM traffic_by_cdn_windows WHERE window_start = $1", hole)
    await owner.close()
    [query] = [query for query in QUERIES if query.title == "Traffic by CDN"]

    found = await answer(reader, query, {}, datetime.now(UTC))

    shown = dict(zip(found.values("time"), found.values("value"), strict=True))
    assert [time for time, value in shown.items() if value is None] == [hole]


async def test_the_alert_knows_how_full_a_cdn_is(reader: asyncpg.Connection) -> None:
    queries = load(HERE / "alerts" / "alerts.sql")

    shares = {row["cdn"]: row["share"] for row in await reader.fetch(queries["cdn_usage"])}
    gaps = await reader.fetch(queries["sequence_gaps"])

    assert shares == {"Akamai": pytest.approx(0.08), "CloudFront": 0, "Fastly": 0}
    assert [(row["product"], row["share"]) for row in gaps] == [("BTC-USD", 0)]
