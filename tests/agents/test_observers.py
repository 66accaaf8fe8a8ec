"""What follows for the counters when the writer takes over, waits and gives up."""

import asyncio
from datetime import UTC, datetime

from agents.live_tables import LiveTables
from agents.observers import WorkerObserver
from agents.writer import Backlog, Writer
from models.content_sessions import CONTENT_SESSIONS
from models.decode import Decoder
from models.refusals import Limits
from sinks.memory import MemorySink
from telemetry.business import BusinessCounts
from telemetry.stats import StreamStats
from tests.agents.doubles import Ear, begun, flushed, two_records
from tests.models.records import TP


async def test_partitions_that_are_given_up_wait_for_nothing(ear: Ear) -> None:
    stats, sink = StreamStats(), MemorySink()
    observer = WorkerObserver(
        stats, BusinessCounts({}), LiveTables({}, now=lambda: datetime.now(UTC))
    )
    writer = Writer(
        stream=CONTENT_SESSIONS,
        topic=TP.topic,
        sink=sink,
        decoder=Decoder(CONTENT_SESSIONS, Limits()),
        dead_letters=ear,
        observer=observer,
        flush_records=2,
        backlog=Backlog(),
        totals_since=lambda _: 2**62,
    )
    await begun(writer, TP)
    sink.unavailable = 1_000
    await writer.accept(two_records(0))
    for _ in range(20):
        await asyncio.sleep(0)
    told = stats.waiting_for

    await writer.give_up(0)
    sink.unavailable = 0
    after = stats.waiting_for
    await begun(writer, TP)
    await writer.accept(two_records(0))
    await flushed(writer)

    assert told is not None
    assert after is None
    assert stats.waiting_for is None
    assert stats.rows_stored == 2
