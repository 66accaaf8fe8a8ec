"""The whole worker, top to bottom: read this first.

topic ─▶ batch ─▶ decode ─▶ fold ─┬─ raw rows ┬─▶ one transaction ─▶ live tables
                                  ├─ deltas   ┤
                                  └─ dead letters, positions

Once for each stream; the streams share the consumer and nothing else.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import faust
from yarl import URL

from agents import events, keeping, live_tables
from agents.dead_letters import DeadLetterTopic
from agents.live_tables import LiveTables
from agents.observers import WorkerObserver
from agents.writer import Backlog, Writer
from agents.writers import Writers
from app import monitoring, web
from app.monitoring import business_counts
from app.preparation import Preparation
from app.readings import StreamReadings
from app.settings import Settings
from app.status import StatusOf, StreamStatus
from app.streams import chosen_streams, own_sql
from batching.app import CONFIGURATION, BatchApp
from batching.consumer import BatchTransport
from batching.recovery import LiveTableManager
from batching.table import PartitionRouter, WindowTable
from db.keeping_rounds import Round, keep
from models.decode import Decoder
from models.refusals import Limits
from models.streams import Stream
from models.windows import Window
from sinks.instrumented import InstrumentedSink
from sinks.postgres.sink import PostgresSink
from telemetry import fault_points
from telemetry.stats import SinkStats, StreamStats


def create_app(settings: Settings) -> faust.App:
    """Build a worker. Connects to nothing until it is started."""
    app = _faust_app(settings)
    backlog = Backlog()
    lines = [_line(app, settings, stream, backlog) for stream in chosen_streams(settings)]
    writers = Writers(line.writer for line in lines)
    preparation = Preparation(
        settings,
        {line.topic.get_topic_name(): list(line.tables.values()) for line in lines},
        [line.dead_letters.get_topic_name() for line in lines],
    )
    app.prepare = preparation.run
    app.transport = BatchTransport(
        app.conf.broker, app, keeper=writers, before_taking_over=preparation.run
    )
    for line in lines:
        events.attach(
            app,
            topic=line.topic,
            writer=line.writer,
            flush_interval_seconds=settings.flush_interval_seconds,
        )
    live_tables.attach(app, [line.live for line in lines])
    keeping.attach(app, lambda: _keep(settings))
    statuses = [line.status for line in lines]
    web.attach(app, StatusOf(app, statuses))
    readings = [line.readings for line in lines]
    app.monitoring = monitoring.server(app, settings, statuses, readings, backlog)
    if settings.fault:
        fault_points.arm(settings.fault)
    return app


@dataclass(frozen=True)
class _Line:
    """The way of one stream through the worker."""

    topic: faust.TopicT
    dead_letters: faust.TopicT
    tables: dict[Window, WindowTable]
    live: LiveTables
    writer: Writer
    status: StreamStatus
    readings: StreamReadings


def _line(app: BatchApp, settings: Settings, stream: Stream, backlog: Backlog) -> _Line:
    topic = app.topic(settings.topic(stream.topic))
    dead_letters = app.topic(settings.topic(f"{stream.topic}.dead-letters"))
    stats, sink_stats, business = StreamStats(), SinkStats(), business_counts(stream)
    sink = PostgresSink(settings.database.get_secret_value(), stream, own_sql(settings))
    tables = {window: _window_table(app, window) for window in stream.windows}
    live = LiveTables(tables, now=lambda: datetime.now(UTC))
    observer = WorkerObserver(stats, business, live)
    writer = Writer(
        stream=stream,
        topic=topic.get_topic_name(),
        sink=InstrumentedSink(sink, sink_stats),
        decoder=Decoder(stream, _limits(settings)),
        dead_letters=DeadLetterTopic(dead_letters, observer.on_waiting),
        observer=observer,
        flush_records=settings.flush_records,
        backlog=backlog,
        totals_since=live.oldest_start,
    )
    status = StreamStatus(stream, stats, writer, {w.name: t for w, t in tables.items()})
    readings = StreamReadings(
        app,
        status,
        sink_stats,
        business,
        quiet_is_normal=stream.topic in settings.quiet_streams,
    )
    return _Line(topic, dead_letters, tables, live, writer, status, readings)


async def _keep(settings: Settings) -> Round | None:
    dsn = settings.database.get_secret_value()
    return await keep(dsn, settings.retention_days, settings.window_retention_days)


def _faust_app(settings: Settings) -> BatchApp:
    return BatchApp(
        settings.group,
        broker=[URL(f"kafka://{address}") for address in settings.broker.split(",")],
        broker_session_timeout=settings.session_timeout_seconds,
        topic_partitions=settings.topic_partitions,
        Router=PartitionRouter,
        TableManager=LiveTableManager,
        web_host=settings.reached_at,
        web_bind=settings.web_host,
        web_port=settings.web_port,
        **CONFIGURATION,
    )


def _window_table(app: BatchApp, window: Window) -> WindowTable:
    keys = ", ".join(window.keys)
    help_ = f"totals by window, partition and {keys}"
    table = WindowTable(app, name=window.name, help=help_)
    table.of_window = window
    app.tables.add(table)
    return table


def _limits(settings: Settings) -> Limits:
    return Limits(
        skew_seconds=settings.allowed_skew_seconds,
        retention_seconds=settings.retention_days * 86_400,
        event_bytes=settings.event_bytes,
    )
