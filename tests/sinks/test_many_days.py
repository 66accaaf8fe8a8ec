"""Years of daily history in one batch are stored, and nobody else waits for that."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from db.partitions import ensure_days
from models.batches import Batch
from models.content_sessions import CONTENT_SESSIONS
from models.decode import Decoder
from models.positions import TopicPartition
from models.records import RecordBatch
from models.streams import Stream
from models.user_activity import USER_ACTIVITY
from models.validation import Limits
from sinks.postgres.sink import PostgresSink
from tests.models.examples import FORMS
from tests.models.records import KafkaRecord, heartbeat

TODAY = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
COUNTS = "SELECT (SELECT count(*) FROM content_sessions), (SELECT sum(events) FROM traffic_by_cdn)"
LONGEST_SECONDS = 10.0
"""That another stream may wait for a new day of its own, on a machine that is busy."""


@pytest.mark.parametrize(
    "days",
    [
        pytest.param(range(1_500), id="a year and three more"),
        pytest.param(range(0, 18_000, 4), id="since 1977"),
        pytest.param(range(-600, 100), id="years ahead"),
    ],
)
async def test_a_batch_of_many_days_is_stored_beside_another_stream(
    database: str, days: range
) -> None:
    history = [TODAY - timedelta(days=days_ago) for days_ago in days]
    other = PostgresSink(database, USER_ACTIVITY)
    activity = FORMS["user_activity"].event
    await write(other, USER_ACTIVITY, [(TODAY, activity(event_time=TODAY.isoformat()))])
    sink = PostgresSink(database, CONTENT_SESSIONS)

    storing = asyncio.create_task(
        write(sink, CONTENT_SESSIONS, [(at, heartbeat(at)) for at in history])
    )
    took: list[float] = []
    while not storing.done():
        await asyncio.sleep(0.05)
        at = TODAY - timedelta(days=len(took) % 80)  # often a day that is not there
        took.append(await write(other, USER_ACTIVITY, [(at, activity(event_time=at.isoformat()))]))

    assert await storing < 60
    assert max(took) < LONGEST_SECONDS
    await sink.close()
    await other.close()
    connection = await asyncpg.connect(database)
    assert tuple(await connection.fetchrow(COUNTS) or ()) == (len(history), len(history))
    await connection.close()


async def test_what_was_made_stays_where_the_rest_takes_too_long(database: str) -> None:
    connection = await asyncpg.connect(database)
    days = [(TODAY + timedelta(days=ahead)).date() for ahead in range(3, 500)]

    other = await asyncpg.connect(database)
    count = "SELECT count(*) FROM kept_partitions WHERE name = 'content_sessions'"

    making = asyncio.create_task(ensure_days(connection, ["content_sessions"], days))
    while (made := await other.fetchval(count)) <= 3:
        assert not making.done()
    making.cancel()
    await asyncio.wait([making])

    assert making.cancelled()
    assert await other.fetchval(count) >= made
    await connection.close()
    await ensure_days(other, ["content_sessions"], days)
    assert await other.fetchval(count) > made
    await other.close()


async def write(sink: PostgresSink, stream: Stream, events: list[tuple[datetime, bytes]]) -> float:
    """Store one record batch, each record with its event's time; return for how long that took."""
    tp = TopicPartition(stream.topic, 0)
    positions = await sink.positions([tp])
    start = positions[tp].last_offset + 1
    records = [
        KafkaRecord(offset, value, int(at.timestamp() * 1_000))
        for offset, (at, value) in enumerate(events, start=start)
    ]
    decoded = Decoder(stream, Limits()).decode(
        RecordBatch(tp, start, start + len(records), records)
    )
    assert not decoded.dead_letters
    batch = Batch(stream)
    batch.add(decoded, sink.encode(decoded, epoch=1))
    began = time.monotonic()
    await sink.write(batch, positions)
    return time.monotonic() - began
