"""A worker that has something to do and does nothing is not alive; one that waits is."""

from collections.abc import AsyncIterator
from typing import cast

import faust
import pytest

from agents.database_probing import LastProbe
from agents.writer import Writer
from agents.writers import Writers
from app.worker.health import WorkerHealth
from app.worker.status import StreamMonitor
from batching.consumer import BatchTransport
from batching.consumer_thread import Reach
from models.content_sessions import CONTENT_SESSIONS
from models.positions import TopicPartition
from telemetry.stats import StreamStats
from tests.agents.doubles import (
    GatedSink,
    RecordingObserver,
    begun,
    is_stuck,
    two_records,
    writer_to,
)
from tests.models.records import TP


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sink() -> GatedSink:
    return GatedSink()


@pytest.fixture
def writer(sink: GatedSink) -> Writer:
    return writer_to(sink, RecordingObserver())


@pytest.fixture
def stats() -> StreamStats:
    stats = StreamStats()
    stats.progressed_at = 0.0
    return stats


@pytest.fixture
async def health(writer: Writer, stats: StreamStats, clock: Clock) -> AsyncIterator[WorkerHealth]:
    # asynchronous: Faust would make an event loop of its own where none runs
    app = faust.App("health", broker="kafka://127.0.0.1:1", store="memory://")
    app.transport = BatchTransport(
        app.conf.broker, app, position_store=Writers([writer]), before_taking_over=nothing
    )
    yield WorkerHealth(
        app, [StreamMonitor(CONTENT_SESSIONS, stats, writer, {})], LastProbe(), clock
    )
    # made for the thread of a consumer that nobody starts
    app.consumer._thread.thread_loop.close()  # type: ignore[attr-defined]  # noqa: SLF001


async def nothing() -> None: ...


async def test_a_worker_with_nothing_to_do_lives(health: WorkerHealth, clock: Clock) -> None:
    clock.now = 86_400

    assert health.not_live() == []


async def test_a_write_that_never_ends_is_found(
    health: WorkerHealth, writer: Writer, sink: GatedSink, clock: Clock
) -> None:
    await begun(writer, TP)
    await writer.accept(two_records(0))
    written = await is_stuck(writer.flush())

    clock.now = 119
    assert health.not_live() == []
    clock.now = 121
    assert [reason.partition(":")[0] for reason in health.not_live()] == ["content_sessions"]

    sink.gate.set()
    await written
    assert health.not_live() == []


async def test_waiting_for_the_database_is_no_reason_to_start_again(
    health: WorkerHealth, writer: Writer, stats: StreamStats, clock: Clock
) -> None:
    await begun(writer, TP)
    await writer.accept(two_records(0))
    stats.waiting_for = "PostgreSQL: no answer"
    clock.now = 86_400

    assert health.not_live() == []
    await writer.give_up(0)


async def test_a_worker_that_never_met_kafka_is_not_ready(health: WorkerHealth) -> None:
    assert health.not_ready() == ["Kafka has not assigned partitions yet"]


class Reader:
    """What is asked of the consumer: a partition with lag, and when Kafka was last heard."""

    def __init__(self, lag: int, silent_seconds: float) -> None:
        self.consumer = self
        self._lag = lag
        self._silent_seconds = silent_seconds

    def reach(self, _: TopicPartition, done: int) -> Reach:
        return Reach(done, done + self._lag)

    def silent_seconds(self) -> float:
        return self._silent_seconds


@pytest.mark.parametrize(
    ("reader", "is_live"),
    [
        pytest.param(Reader(5, 1.0), False, id="records wait, Kafka answers, nobody reads"),
        pytest.param(Reader(5, 300.0), True, id="Kafka is away"),
        pytest.param(Reader(0, 1.0), True, id="nothing to read"),
    ],
)
async def test_a_reader_that_stopped_is_found(
    writer: Writer, stats: StreamStats, clock: Clock, reader: Reader, *, is_live: bool
) -> None:
    app = cast("faust.App", reader)
    streams = [StreamMonitor(CONTENT_SESSIONS, stats, writer, {})]
    health = WorkerHealth(app, streams, LastProbe(), clock)
    await begun(writer, TP)

    clock.now = 121

    assert (health.not_live() == []) == is_live
