"""What a worker reads off itself for /metrics: telemetry/metrics.py says what each one means."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import timedelta
from importlib.metadata import version
from itertools import islice
from typing import Any

import faust

from agents.writer import PendingBytes
from app.worker.health import WorkerHealth
from app.worker.partition_progress import held
from app.worker.recent import last_whole
from app.worker.status import StreamMonitor
from batching.table import entry_start, key_parts
from config.settings import Settings
from models.dead_letters import REASONS
from telemetry import metrics
from telemetry.business import BusinessCounts
from telemetry.exposition import Sample
from telemetry.stats import SinkStats

_CANDLES = "candles_by_product"
_CANDLE_AGE = timedelta(minutes=1)
"""Since a window was over: enough for what came late and for what waited to be written."""


class WorkerSamples:
    """All of one worker but its streams."""

    def __init__(
        self, app: faust.App, settings: Settings, pending_bytes: PendingBytes, health: WorkerHealth
    ) -> None:
        self._app = app
        self._health = health
        self._pending_bytes = pending_bytes
        self._info = (version("headrace"), settings.role, settings.group)
        self._bytes_allowed = settings.database_bytes_allowed

    def __call__(self) -> Iterator[Sample]:
        yield metrics.INFO, self._info, 1
        yield metrics.READY, (), not self._health.not_ready()
        yield metrics.BACKLOG, (), self._pending_bytes.size_bytes
        yield metrics.REBALANCES, (), self._app.rebalancing_count
        yield metrics.DATABASE_BYTES_ALLOWED, (), self._bytes_allowed


class StreamSamples:
    """One stream. Its counters are there from the beginning, at 0, so that a rate sees all."""

    def __init__(
        self,
        app: faust.App,
        status: StreamMonitor,
        sink: SinkStats,
        business: BusinessCounts,
        *,
        sink_label: str,
        quiet_is_normal: bool,
    ) -> None:
        self._app = app
        self._status = status
        self._sink = sink
        self._business = business
        self._sink_label = sink_label
        self._quiet_is_normal = quiet_is_normal

    def __call__(self) -> Iterator[Sample]:
        status, sink = self._status, self._sink
        stats, name, to = (
            status.stats,
            (status.stream.topic,),
            (status.stream.topic, self._sink_label),
        )
        yield metrics.EVENTS_IN, name, stats.events_in
        yield metrics.ROWS_STORED, name, stats.rows_stored
        yield metrics.BYTES_STORED, name, stats.bytes_stored
        yield metrics.LAST_STORED, name, stats.stored_at or 0.0
        for reason in REASONS:
            yield metrics.DEAD_LETTERS, (*name, reason), stats.dead_letters[reason]
        yield metrics.FRESHNESS, name, stats.freshness.buckets
        yield metrics.BATCH_RECORDS, name, stats.batch_records
        yield metrics.SINK_WRITE, to, sink.write_seconds
        yield metrics.SINK_ERRORS, to, sink.errors
        yield metrics.SINK_WAITING, name, stats.waiting_for is not None
        yield metrics.LAST_ERROR, (*name, sink.last_error), sink.last_error_at
        yield metrics.QUIET_IS_NORMAL, name, self._quiet_is_normal
        yield from self._lag()
        yield from self._business.samples()
        yield from candles(self._status)

    def _lag(self) -> Iterator[Sample]:
        name = self._status.stream.topic
        places = held(self._app, self._status.writer)
        yield metrics.PARTITIONS, (name,), len(places)
        unheld = self._status.stats.unheld.values()
        yield metrics.UNHELD, (name,), len(unheld)
        yield metrics.UNHELD_LAG, (name,), sum(one.lag for one in unheld)
        for tp, place in places.items():
            yield metrics.LAG, (name, str(tp.partition)), place.lag


def candles(status: StreamMonitor) -> Iterator[Sample]:
    """Tell what candles that are over have seen; nothing of a stream without any."""
    table = status.tables.get(_CANDLES)
    if table is None:
        return
    length = next(one.seconds for one in status.stream.windows if one.name == _CANDLES)
    whole = set(last_whole(length, status.clock() - _CANDLE_AGE))
    found: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for entry in list(table.data):
        if entry_start(entry) in whole:
            for label, measures in table.data[entry].items():
                found[key_parts(label)[0]].append(measures)
    for product, parts in islice(found.items(), metrics.MOST_VALUES):
        first = min(part["first_sequence"] for part in parts)
        last = max(part["last_sequence"] for part in parts)
        yield metrics.CANDLE_FIRST, (product,), first
        yield metrics.CANDLE_LAST, (product,), last
        yield metrics.CANDLE_TRADES, (product,), sum(part["trades"] for part in parts)
