"""The whole worker, top to bottom: read this first.

topic ─▶ batch ─▶ decode ─▶ fold ─┬─ raw rows ┬─▶ one transaction ─▶ live tables
                                  ├─ deltas   ┤
                                  └─ dead letters, positions

Once for each stream; the streams share the consumer and nothing else.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

import faust

from agents import database_probing, events, going_back, live_tables, retention
from agents.database_probing import LastProbe
from agents.dead_letters import DeadLetterTopic
from agents.live_tables import LiveTables
from agents.newest_letters import NewestLetters
from agents.observers import WorkerObserver
from agents.writer import PendingBytes, Writer
from agents.writers import Writers
from app.worker import looking_ahead, monitoring, unheld, web
from app.worker.faust_app import faust_app, limits, links
from app.worker.health import WorkerHealth
from app.worker.metric_samples import StreamSamples, WorkerSamples
from app.worker.monitoring import business_counts, probe
from app.worker.pages import attach as pages
from app.worker.preparation import Preparation
from app.worker.status import StatusOf, StreamMonitor
from batching.app import BatchApp
from batching.consumer import BatchConsumer, BatchTransport
from batching.table import WindowTable
from config.settings import Settings
from config.streams import chosen_streams, user_sql
from db.retention import apply_retention
from db.retention_drops import RetentionRound
from models.decode import Decoder
from models.streams import Stream
from models.windows import Window
from sinks.base import Sink
from sinks.instrumented import InstrumentedSink
from sinks.postgres.connection import Connection
from sinks.postgres.epochs import stored_positions
from sinks.postgres.sink import PostgresSink
from telemetry import fault_points
from telemetry.stats import SinkStats, StreamStats


def create_core(settings: Settings) -> faust.App:
    """Build a worker of the role `core`. Connects to nothing until it is started."""
    app = faust_app(settings)
    pending_bytes = PendingBytes()
    pipelines = [
        _pipeline(app, settings, stream, pending_bytes) for stream in chosen_streams(settings)
    ]
    writers = Writers(pipeline.writer for pipeline in pipelines)
    preparation = Preparation(
        settings,
        {pipeline.topic.get_topic_name(): list(pipeline.tables.values()) for pipeline in pipelines},
        [pipeline.dead_letters.get_topic_name() for pipeline in pipelines],
        Connection(settings.database.get_secret_value(), user_sql=user_sql(settings)),
    )
    app.prepare = preparation.run
    app.transport = BatchTransport(
        app.conf.broker, app, position_store=writers, before_taking_over=preparation.topics
    )
    for pipeline in pipelines:
        events.attach(
            app,
            topic=pipeline.topic,
            writer=pipeline.writer,
            flush_interval_seconds=settings.flush_interval_seconds,
        )
    live_tables.attach(app, [pipeline.live for pipeline in pipelines])
    retention.attach(app, lambda: _apply_retention(settings))
    dsn = settings.database.get_secret_value()
    going_back.attach(app, writers, lambda topics: stored_positions(dsn, topics))
    statuses = [pipeline.status for pipeline in pipelines]
    looking_ahead.attach(app)
    unheld.attach(app, settings, statuses)
    status = StatusOf(app, statuses)
    web.attach(app, status)
    pages.attach(
        app, status, statuses, [pipeline.letters for pipeline in pipelines], links(settings)
    )
    samples = [pipeline.samples for pipeline in pipelines]
    last_probe, topics = LastProbe(), [one.stream.topic for one in statuses]
    database_probing.attach(app, last_probe, lambda: probe(settings, topics))
    health = WorkerHealth(app, statuses, last_probe, waits=lambda: preparation.waiting_for)
    worker_samples = WorkerSamples(app, settings, pending_bytes, health)
    app.monitoring = monitoring.server(settings, health, worker_samples, last_probe, samples)
    app.closed_at_last = [pipeline.sink for pipeline in pipelines]
    if settings.fault:
        fault_points.arm(settings.fault)
    return app


@dataclass(frozen=True)
class _Pipeline:
    """The way of one stream through the worker."""

    topic: faust.TopicT
    dead_letters: faust.TopicT
    tables: dict[Window, WindowTable]
    live: LiveTables
    letters: NewestLetters
    sink: Sink
    writer: Writer
    status: StreamMonitor
    samples: StreamSamples


def _pipeline(
    app: BatchApp, settings: Settings, stream: Stream, pending_bytes: PendingBytes
) -> _Pipeline:
    topic = app.topic(settings.topic(stream.topic))
    dead_letters = app.topic(settings.topic(f"{stream.topic}.dead-letters"))
    stats, sink_stats, business = StreamStats(), SinkStats(), business_counts(stream)
    dsn = settings.database.get_secret_value()
    sink = InstrumentedSink(PostgresSink(dsn, stream, user_sql(settings)), sink_stats)
    tables = {window: _window_table(app, window) for window in stream.windows}
    live = LiveTables(tables, now=lambda: datetime.now(UTC))
    letters = NewestLetters()
    observer = WorkerObserver(stats, business, live, letters=letters)
    writer = Writer(
        stream=stream,
        topic=topic.get_topic_name(),
        sink=sink,
        decoder=Decoder(stream, limits(settings)),
        dead_letters=DeadLetterTopic(dead_letters, observer.on_waiting),
        observer=observer,
        flush_records=settings.flush_records,
        pending_bytes=pending_bytes,
        totals_since=live.oldest_start,
        read_again=lambda: cast("BatchConsumer", app.consumer).look_again(topic.get_topic_name()),
    )
    status = StreamMonitor(stream, stats, writer, {w.name: t for w, t in tables.items()})
    samples = StreamSamples(
        app,
        status,
        sink_stats,
        business,
        sink_label=sink.label,
        quiet_is_normal=stream.topic in settings.quiet_streams,
    )
    return _Pipeline(topic, dead_letters, tables, live, letters, sink, writer, status, samples)


async def _apply_retention(settings: Settings) -> RetentionRound | None:
    dsn = settings.database.get_secret_value()
    return await apply_retention(
        dsn,
        settings.retention_days,
        settings.window_retention_days,
        dead_letter_days=settings.dead_letter_retention_days,
    )


def _window_table(app: BatchApp, window: Window) -> WindowTable:
    keys = ", ".join(window.keys)
    help_ = f"totals by window, partition and {keys}"
    table = WindowTable(app, name=window.name, help=help_)
    table.of_window = window
    app.tables.add(table)
    return table
