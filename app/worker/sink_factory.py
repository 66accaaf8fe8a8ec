"""A worker of one further sink: the same way as in factory.py, without windows and PostgreSQL.

topic ─▶ batch ─▶ decode ─▶ the sink, with the position that it reaches

It reads, decodes and fails by itself: what it does holds back nobody else.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import cast

import faust

from agents import events
from agents.database_probing import LastProbe
from agents.dead_letters import DeadLetterTopic
from agents.live_tables import LiveTables
from agents.newest_letters import NewestLetters
from agents.observers import WorkerObserver
from agents.writer import PendingBytes, Writer
from agents.writers import Writers
from app.worker import looking_ahead, monitoring, web
from app.worker.faust_app import faust_app, limits, links
from app.worker.health import WorkerHealth
from app.worker.metric_samples import StreamSamples, WorkerSamples
from app.worker.pages import attach as pages
from app.worker.preparation import Preparation
from app.worker.status import StatusOf, StreamMonitor
from batching.app import BatchApp
from batching.consumer import BatchConsumer, BatchTransport
from config.document import ConfiguredSink
from config.settings import Settings
from models.dead_letters import DeadLetter
from models.decode import Decoder
from models.streams import Stream
from sinks.base import Sink
from sinks.configured import flush_of, streams_of
from sinks.instrumented import InstrumentedSink
from sinks.kinds import Flush, SinkKind
from telemetry import fault_points
from telemetry.business import BusinessCounts
from telemetry.stats import SinkStats, StreamStats


def create_sink_worker(settings: Settings, configured: ConfiguredSink, kind: SinkKind) -> faust.App:
    """Build a worker that stores to this sink alone. Connects to nothing until it is started."""
    app = faust_app(settings)
    pending_bytes, flush = PendingBytes(), flush_of(configured, kind)
    pipelines = [
        _pipeline(
            app,
            settings,
            stream=replace(stream, windows=(), headline=None),  # they are counted by `core`
            opened=kind.open(configured.options, stream, configured.name),
            flush=flush,
            pending_bytes=pending_bytes,
            latest=configured.entry.start == "latest",
        )
        for stream in streams_of(settings, configured)
    ]
    writers = Writers(pipeline.writer for pipeline in pipelines)
    topics = [pipeline.topic.get_topic_name() for pipeline in pipelines]
    preparation = Preparation(
        settings, dict.fromkeys(topics, ()), [f"{topic}.dead-letters" for topic in topics], None
    )
    app.prepare = preparation.run
    app.transport = BatchTransport(
        app.conf.broker, app, position_store=writers, before_taking_over=preparation.topics
    )
    for pipeline in pipelines:
        events.attach(
            app, topic=pipeline.topic, writer=pipeline.writer, flush_interval_seconds=flush.seconds
        )
    statuses = [pipeline.status for pipeline in pipelines]
    status = StatusOf(app, statuses)
    looking_ahead.attach(app)
    web.attach(app, status)
    pages.attach(app, status, statuses, [one.letters for one in pipelines], links(settings))
    health = WorkerHealth(app, statuses, LastProbe(), waits=lambda: preparation.waiting_for)
    worker_samples = WorkerSamples(app, settings, pending_bytes, health)
    samples = [pipeline.samples for pipeline in pipelines]
    app.monitoring = monitoring.server(settings, health, worker_samples, LastProbe(), samples)
    app.closed_at_last = [pipeline.sink for pipeline in pipelines]
    if settings.fault:
        fault_points.arm(settings.fault)
    return app


@dataclass(frozen=True)
class _Pipeline:
    """The way of one stream to the sink."""

    topic: faust.TopicT
    letters: NewestLetters
    sink: Sink
    writer: Writer
    status: StreamMonitor
    samples: StreamSamples


def _pipeline(
    app: BatchApp,
    settings: Settings,
    *,
    stream: Stream,
    opened: Sink,
    flush: Flush,
    pending_bytes: PendingBytes,
    latest: bool,
) -> _Pipeline:
    topic = app.topic(settings.topic(stream.topic))
    dead_letters = app.topic(settings.topic(f"{stream.topic}.dead-letters"))
    stats, sink_stats, business = StreamStats(), SinkStats(), BusinessCounts({})
    sink = InstrumentedSink(opened, sink_stats)
    live = LiveTables({}, now=lambda: datetime.now(UTC))
    letters = NewestLetters()
    observer = WorkerObserver(stats, business, live, letters=letters)
    writer = Writer(
        stream=stream,
        topic=topic.get_topic_name(),
        sink=sink,
        decoder=Decoder(stream, limits(settings)),
        dead_letters=_OwnRejections(DeadLetterTopic(dead_letters, observer.on_waiting)),
        observer=observer,
        flush_records=flush.records,
        flush_bytes=flush.size_bytes,
        pending_bytes=pending_bytes,
        totals_since=live.oldest_start,
        read_again=lambda: cast("BatchConsumer", app.consumer).look_again(topic.get_topic_name()),
        begins_at_end=latest,
    )
    status = StreamMonitor(stream, stats, writer, {})
    samples = StreamSamples(
        app,
        status,
        sink_stats,
        business,
        sink_label=sink.label,
        quiet_is_normal=stream.topic in settings.quiet_streams,
    )
    return _Pipeline(topic, letters, sink, writer, status, samples)


class _OwnRejections:
    """Publishes what this sink refused; what is no event is published by the role `core`."""

    def __init__(self, topic: DeadLetterTopic) -> None:
        self._topic = topic

    async def publish(self, letters: Sequence[DeadLetter]) -> None:
        await self._topic.publish([one for one in letters if one.reason == "rejected_by_sink"])
