"""The whole worker, top to bottom: read this first.

topic ─▶ batch ─▶ decode ─▶ fold ─┬─ raw rows ┬─▶ one transaction ─▶ live tables
                                  ├─ deltas   ┤
                                  └─ dead letters, positions
"""

from datetime import UTC, datetime

import faust
from yarl import URL

from agents import events, live_tables
from agents.dead_letters import DeadLetterTopic
from agents.live_tables import LiveTables
from agents.observers import WorkerObserver
from agents.writer import Writer
from app import web
from app.preparation import Preparation
from app.settings import Settings
from app.status import StatusOf
from batching.app import CONFIGURATION, BatchApp
from batching.consumer import BatchTransport
from batching.table import PartitionRouter, WindowTable
from models.content_sessions import CONTENT_SESSIONS
from models.decode import Decoder
from models.refusals import Limits
from models.windows import Window
from sinks.postgres.sink import PostgresSink
from telemetry import fault_points
from telemetry.stats import WorkerStats


def create_app(settings: Settings) -> faust.App:
    """Build a worker. Connects to nothing until it is started."""
    stream = CONTENT_SESSIONS
    app = _faust_app(settings)
    topic = app.topic(settings.topic(stream.topic))
    dead_letters = app.topic(settings.topic(f"{stream.topic}.dead-letters"))

    stats = WorkerStats()
    tables = {window: _window_table(app, window) for window in stream.windows}
    live = LiveTables(tables, now=lambda: datetime.now(UTC))
    writer = Writer(
        stream=stream,
        topic=topic.get_topic_name(),
        sink=PostgresSink(settings.database.get_secret_value(), stream),
        decoder=Decoder(stream, _limits(settings)),
        dead_letters=DeadLetterTopic(dead_letters),
        observer=WorkerObserver(stats, live),
        flush_records=settings.flush_records,
        totals_since=live.oldest_start,
    )
    preparation = Preparation(app, settings, stream)
    app.prepare = preparation.run
    app.transport = BatchTransport(
        app.conf.broker, app, keeper=writer, before_taking_over=preparation.run
    )

    events.attach(
        app, topic=topic, writer=writer, flush_interval_seconds=settings.flush_interval_seconds
    )
    live_tables.attach(app, live)
    web.attach(app, StatusOf(app, stats, writer, {w.name: t for w, t in tables.items()}))
    if settings.fault:
        fault_points.arm(settings.fault)
    return app


def _faust_app(settings: Settings) -> BatchApp:
    return BatchApp(
        settings.group,
        broker=[URL(f"kafka://{address}") for address in settings.broker.split(",")],
        broker_session_timeout=settings.session_timeout_seconds,
        topic_partitions=settings.topic_partitions,
        Router=PartitionRouter,
        web_host=settings.web_host,
        web_bind=settings.web_host,
        web_port=settings.web_port,
        **CONFIGURATION,
    )


def _window_table(app: BatchApp, window: Window) -> WindowTable:
    keys = ", ".join(window.keys)
    table = WindowTable(app, name=window.name, help=f"totals by minute, partition and {keys}")
    app.tables.add(table)
    return table


def _limits(settings: Settings) -> Limits:
    return Limits(
        skew_seconds=settings.allowed_skew_seconds,
        retention_seconds=settings.retention_days * 86_400,
        event_bytes=settings.event_bytes,
    )
