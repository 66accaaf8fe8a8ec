"""Every metric, declared once: docs/reference/metrics.md, the dashboards and the alerts go by this.

Labels have few values: never a user, a session or a title. What names come from clients (a CDN, a
country, a product) is bounded by `MOST_VALUES`.
"""

from dataclasses import dataclass
from typing import Literal

MOST_VALUES = 100
"""Sets of label values of a metric whose labels come from clients; later ones are `other`."""

_SECONDS = (0.05, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
_RECORDS = (1.0, 10.0, 100.0, 1_000.0, 5_000.0, 10_000.0, 20_000.0, 40_000.0, 80_000.0)


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. `help` is a sentence that names the unit; `buckets` are of a histogram."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class BusinessMetric(Metric):
    """A counter that adds up what a window's measure grew by, in rows that are stored.

    `labels` are of the metric, `keys` the window's key columns that they come from.
    """

    window: str = ""
    measure: str = ""
    keys: tuple[str, ...] = ()


def _counter(name: str, text: str, *labels: str) -> Metric:
    return Metric(name, "counter", text, labels)


def _gauge(name: str, text: str, *labels: str) -> Metric:
    return Metric(name, "gauge", text, labels)


def _histogram(name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Metric:
    return Metric(name, "histogram", text, labels, buckets)


def _business(
    name: str, text: str, window: str, measure: str, labels: dict[str, str]
) -> BusinessMetric:
    return BusinessMetric(
        name, "counter", text, tuple(labels), (), window, measure, tuple(labels.values())
    )


INFO = _gauge("headrace_info", "Always 1; the labels say what runs.", "version", "role", "group")
READY = _gauge("headrace_ready", "1 while /readyz says yes, else 0.")

EVENTS_IN = _counter("headrace_events_in_total", "Records read from Kafka.", "stream")
ROWS_STORED = _counter("headrace_rows_stored_total", "Records stored as rows.", "stream")
BYTES_STORED = _counter(
    "headrace_bytes_stored_total",
    "Bytes of records that are stored, as they were in Kafka.",
    "stream",
)
LAST_STORED = _gauge(
    "headrace_last_stored_timestamp_seconds",
    "When a write was last seen to be durable, in seconds since 1970 (0: never).",
    "stream",
)
DEAD_LETTERS = _counter(
    "headrace_dead_letters_total", "Records stored as dead letters.", "stream", "reason"
)
FRESHNESS = _histogram(
    "headrace_freshness_seconds",
    "Seconds from a record's timestamp to its being durable in the sink; of one record in 64.",
    _SECONDS,
    "stream",
)
BATCH_RECORDS = _histogram(
    "headrace_batch_records", "Records of one write to the sink.", _RECORDS, "stream"
)
LAG = _gauge(
    "headrace_lag_records",
    "Records of a held partition that can be read and are not stored yet.",
    "stream",
    "partition",
)
PARTITIONS = _gauge("headrace_partitions", "Partitions that this process holds.", "stream")
UNHELD = _gauge(
    "headrace_partitions_unheld",
    "Partitions of the topic whose records nobody has stored for longer than a takeover takes, as "
    "this process sees it. The maximum over processes is right, not the sum.",
    "stream",
)
UNHELD_LAG = _gauge(
    "headrace_unheld_lag_records",
    "Records that wait in those partitions; headrace_lag_records does not have them.",
    "stream",
)
BACKLOG = _gauge("headrace_backlog_bytes", "Bytes of records that wait for the next write.")
REBALANCES = _counter("headrace_rebalances_total", "Rebalances that this process took part in.")

SINK_WRITE = _histogram(
    "headrace_sink_write_seconds",
    "Seconds that one write to the sink took, if it succeeded.",
    _SECONDS,
    "stream",
    "sink",
)
SINK_ERRORS = _counter(
    "headrace_sink_errors_total",
    "Calls to the sink that failed and are tried again.",
    "stream",
    "sink",
)
SINK_WAITING = _gauge(
    "headrace_sink_waiting", "1 while nothing can be stored and the worker waits.", "stream"
)
LAST_ERROR = _gauge(
    "headrace_last_error_timestamp_seconds",
    "When the sink last failed, in seconds since 1970 (0: never), and with which class of error.",
    "stream",
    "error",
)

QUIET_IS_NORMAL = _gauge(
    "headrace_quiet_is_normal",
    "1 for a stream that may be silent (HEADRACE_QUIET_STREAMS): no alert then.",
    "stream",
)
CDN_CAPACITY = _gauge(
    "headrace_cdn_capacity_mbps", "What a CDN can carry, Mbit/s: table cdn_capacity.", "cdn"
)
DATABASE_BYTES = _gauge("headrace_database_bytes", "Bytes that the database holds on its disk.")
DATABASE_BYTES_ALLOWED = _gauge(
    "headrace_database_bytes_allowed",
    "Bytes that it may hold (HEADRACE_DATABASE_BYTES_ALLOWED); 0: not set, no alert.",
)

_CANDLE = "Of the last minute, or longer window, over for a minute, of the partitions held: "
CANDLE_FIRST = _gauge(
    "headrace_candle_first_sequence", f"{_CANDLE}lowest sequence number.", "product"
)
CANDLE_LAST = _gauge(
    "headrace_candle_last_sequence", f"{_CANDLE}highest sequence number.", "product"
)
CANDLE_TRADES = _gauge("headrace_candle_trades", f"{_CANDLE}trades.", "product")

_CDN = {"cdn": "current_cdn"}
BUSINESS = (
    _business(
        "headrace_traffic_kilobits_total",
        "Kilobits that viewers were sent: bitrate times seconds. A rate / 1000 is Mbit/s.",
        "traffic_by_cdn",
        "kilobits",
        _CDN,
    ),
    _business(
        "headrace_session_seconds_total",
        "Seconds of viewing. A rate is the number of concurrent sessions.",
        "traffic_by_cdn",
        "session_seconds",
        _CDN,
    ),
    _business(
        "headrace_media_events_total",
        "Plays, pauses and stops by kind of content.",
        "media_events_by_type",
        "events",
        {"event_type": "event_type", "content_type": "content_type"},
    ),
    _business(
        "headrace_user_events_total",
        "Clicks, views and scrolls.",
        "user_activity_by_type",
        "events",
        {"event_type": "event_type"},
    ),
    _business(
        "headrace_purchases_total",
        "Articles bought, one for each event.",
        "purchases_by_country",
        "purchases",
        {"country": "country"},
    ),
    _business(
        "headrace_purchases_amount_minor_total",
        "Paid, in minor units of the currency: cents, yen, fils.",
        "purchases_by_country",
        "amount_minor",
        {"currency": "currency"},
    ),
    _business(
        "headrace_trades_total",
        "Trades.",
        "candles_by_product",
        "trades",
        {"product": "product_id"},
    ),
)

WORKER = (
    INFO,
    READY,
    EVENTS_IN,
    ROWS_STORED,
    BYTES_STORED,
    LAST_STORED,
    DEAD_LETTERS,
    FRESHNESS,
    BATCH_RECORDS,
    LAG,
    PARTITIONS,
    UNHELD,
    UNHELD_LAG,
    BACKLOG,
    REBALANCES,
    SINK_WRITE,
    SINK_ERRORS,
    SINK_WAITING,
    LAST_ERROR,
    QUIET_IS_NORMAL,
    CDN_CAPACITY,
    DATABASE_BYTES,
    DATABASE_BYTES_ALLOWED,
    CANDLE_FIRST,
    CANDLE_LAST,
    CANDLE_TRADES,
    *BUSINESS,
)
"""What a worker has on its /metrics."""

_WAITS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

EDGE_REQUESTS = _counter(
    "headrace_edge_requests_total", "Requests that were answered.", "route", "status"
)
EDGE_SECONDS = _histogram(
    "headrace_edge_request_seconds",
    "Seconds from a request's headers to its answer, Kafka's acknowledgement included.",
    _WAITS,
    "route",
)
EDGE_ACCEPTED = _counter(
    "headrace_edge_events_total", "Events that Kafka has acknowledged.", "stream"
)
EDGE_REFUSED = _counter(
    "headrace_edge_refused_total",
    "Events that the contract refused, acknowledged by Kafka to become dead letters.",
    "stream",
    "reason",
)
EDGE_PENDING = _gauge("headrace_edge_pending_bytes", "Bytes that wait for Kafka's acknowledgement.")

EDGE = (READY, EDGE_REQUESTS, EDGE_SECONDS, EDGE_ACCEPTED, EDGE_REFUSED, EDGE_PENDING)
"""What a process of an edge has on its /metrics."""

GENERATED = _counter(
    "headrace_generator_records_total", "Records that the broker has acknowledged.", "stream"
)
GENERATED_BAD = _counter(
    "headrace_generator_bad_records_total",
    "Of these, records that are no events, on purpose.",
    "stream",
    "reason",
)
TARGET_RATE = _gauge(
    "headrace_generator_events_per_second", "The rate that was asked for; 0: as fast as possible."
)

GENERATOR = (INFO, READY, GENERATED, GENERATED_BAD, TARGET_RATE)
"""What the generator has on its /metrics."""

SOURCE_RECORDS = _counter(
    "headrace_source_records_total", "Records that are committed to Kafka.", "source", "stream"
)
SOURCE_BYTES = _counter(
    "headrace_source_bytes_total", "What these weigh, keys and values.", "source"
)
SOURCE_COMMITS = _counter(
    "headrace_source_commits_total", "Transactions of records and resume point.", "source"
)
SOURCE_RECONNECTS = _counter(
    "headrace_source_reconnects_total", "How often the outside was opened again.", "source"
)
SOURCE_SILENCES = _counter(
    "headrace_source_silences_total",
    "Of these, because nothing came for longer than silence_seconds.",
    "source",
)
SOURCE_GAPS = _counter(
    "headrace_source_gaps_total", "Events that the source saw to be missing.", "source"
)
SOURCE_FILLED = _counter(
    "headrace_source_filled_total", "Of these, events that were fetched afterwards.", "source"
)
SOURCE_DUPLICATES = _counter(
    "headrace_source_duplicates_total", "Events that came again and were dropped.", "source"
)
SOURCE_REFUSED = _counter(
    "headrace_source_refused_total", "What came and is no event.", "source", "reason"
)
SOURCE_WAITING = _gauge(
    "headrace_source_waiting",
    "Readers of the source that cannot read now and try again, and Kafka if it is away.",
    "source",
)
SOURCE_BUFFERED = _gauge(
    "headrace_source_buffered_bytes", "What is read and not committed yet.", "source"
)
SOURCE_LAST_EVENT = _gauge(
    "headrace_source_last_event_timestamp_seconds",
    "Timestamp of the newest record committed, in seconds since 1970 (0: none yet).",
    "source",
)
SOURCE_LAST_HEARD = _gauge(
    "headrace_source_last_heard_timestamp_seconds",
    "When the outside last showed that it is there, in seconds since 1970.",
    "source",
)

SOURCE = (
    INFO,
    READY,
    SOURCE_RECORDS,
    SOURCE_BYTES,
    SOURCE_COMMITS,
    SOURCE_RECONNECTS,
    SOURCE_SILENCES,
    SOURCE_GAPS,
    SOURCE_FILLED,
    SOURCE_DUPLICATES,
    SOURCE_REFUSED,
    SOURCE_WAITING,
    SOURCE_BUFFERED,
    SOURCE_LAST_EVENT,
    SOURCE_LAST_HEARD,
)
"""What the process of a source has on its /metrics."""
