"""Panels of Operations: the way of the records, from Kafka to COMMIT."""

from grafana_foundation_sdk.models.dashboard import Panel

from grafana.looks import BYTES, COUNT, NO_UNIT, PER_SECOND, PERCENT, SECONDS
from grafana.panels import stat, timeseries
from grafana.queries import Promql

_QUANTILE = (
    "histogram_quantile({quantile}, sum by ({by}, le) (rate({metric}_bucket[$__rate_interval])))"
)
_LAG = "sum by (stream) (headrace_lag_records)"
_BROKEN = "docs/guides/operations.md, section Alerts, says what else to try."


def now() -> list[Panel]:
    width = 4
    return [
        stat(
            "Workers",
            _one('count(up{job="headrace-worker"} == 1) or vector(0)'),
            width=width,
            unit=NO_UNIT,
            steps=("red", (1, "green")),
            description=(
                "Workers that answer Prometheus. Red: none does; start one (docker compose up, or "
                "headrace worker) and read its log. " + _BROKEN
            ),
        ),
        stat(
            "Ready",
            _one('100 * avg(headrace_ready{job="headrace-worker"})'),
            width=width,
            unit=PERCENT,
            decimals=0,
            no_value="no worker",
            steps=("red", (100, "green")),
            description=(
                "Workers whose /readyz says yes. Red: ask that page of the others; it gives the "
                "reason. Half a minute after a start it passes by itself."
            ),
        ),
        stat(
            "Records that wait",
            _one("sum(headrace_lag_records)"),
            width=width,
            unit=COUNT,
            decimals=0,
            no_value="no worker",
            description=(
                "Records in Kafka that are not stored yet. Some thousand are in hand at high "
                "rates; what matters is whether Lag, below, grows."
            ),
        ),
        stat(
            "Freshness now, p99",
            _one_if_any(
                "histogram_quantile(0.99, "
                "sum by (le) (rate(headrace_freshness_seconds_bucket[2m])))"
            ),
            width=width,
            unit=SECONDS,
            no_value="no records",
            steps=("green", (10, "orange"), (30, "red")),
            description=(
                "99 of 100 records are stored sooner than this after they were produced. Red from "
                "30 s: a backlog is being worked off, or Flush time is long. " + _BROKEN
            ),
        ),
        stat(
            "Dead letters, ten minutes",
            _one_if_any(
                "100 * sum(increase(headrace_dead_letters_total[10m])) "
                "/ sum(increase(headrace_events_in_total[10m]))"
            ),
            width=width,
            unit=PERCENT,
            decimals=2,
            no_value="no records",
            steps=("green", (0.5, "orange"), (1, "red")),
            description=(
                "Share of records. Red from 1 %: see Dead letters with their reasons, below, for "
                "topic, reason and detail, and tell the producer."
            ),
        ),
        stat(
            "Sinks that wait",
            _one("sum(headrace_sink_waiting)"),
            width=width,
            unit=NO_UNIT,
            no_value="no worker",
            steps=("green", (1, "red")),
            description=(
                "Streams that cannot store anything now. Red: mend the database; nothing is lost, "
                "Kafka keeps the records. " + _BROKEN
            ),
        ),
    ]


def streams() -> list[Panel]:
    by_stream = "{{stream}}"
    return [
        timeseries(
            "Records read",
            Promql("sum by (stream) (rate(headrace_events_in_total[$__rate_interval]))", by_stream),
            unit=PER_SECOND,
            minimum=0,
            description=(
                "Records that workers take from Kafka. At zero for a minute an alert fires: see "
                "whether the producers run; list the stream in HEADRACE_QUIET_STREAMS if that is "
                "normal."
            ),
        ),
        timeseries(
            "Records stored",
            Promql(
                "sum by (stream) (rate(headrace_rows_stored_total[$__rate_interval]))", by_stream
            ),
            unit=PER_SECOND,
            minimum=0,
            description=(
                "Rows after COMMIT. Below Records read for long: see Lag, Sinks that wait and Dead "
                "letters by reason."
            ),
        ),
        timeseries(
            "Lag",
            Promql(_LAG, by_stream),
            unit=COUNT,
            minimum=0,
            description=(
                "Records in Kafka that are not stored yet. Grows for minutes: start another "
                "worker, up to one for each partition."
            ),
        ),
        timeseries(
            "Dead letters by reason",
            Promql(
                "sum by (stream, reason) (rate(headrace_dead_letters_total[$__rate_interval])) > 0",
                "{{stream}} {{reason}}",
            ),
            unit=PER_SECOND,
            minimum=0,
            description=(
                "Records that were no events, and why; nothing drawn is good. The table "
                "event_dead_letters has each with its bytes; "
                "docs/guides/operations.md explains reasons."
            ),
        ),
        timeseries(
            "Freshness, p50",
            _quantile(0.5, "headrace_freshness_seconds", "stream", by_stream),
            unit=SECONDS,
            minimum=0,
            description=(
                "Half of the records are stored sooner than this after they were produced. About "
                "half of HEADRACE_FLUSH_INTERVAL_SECONDS is usual."
            ),
        ),
        timeseries(
            "Freshness, p99",
            _quantile(0.99, "headrace_freshness_seconds", "stream", by_stream),
            unit=SECONDS,
            minimum=0,
            steps=("green", (10, "orange"), (30, "red")),
            lines_at_steps=True,
            description=(
                "99 of 100 records are stored sooner than this. Above the red line (30 s) for five "
                "minutes an alert fires: see Lag, then Flush time."
            ),
        ),
    ]


def writing() -> list[Panel]:
    sink = "{{sink}} {{stream}}"
    return [
        timeseries(
            "Batch size",
            _quantile(0.5, "headrace_batch_records", "stream", "{{stream}} p50"),
            _quantile(0.99, "headrace_batch_records", "stream", "{{stream}} p99"),
            unit=COUNT,
            minimum=0,
            description=(
                "Records of one write. Grows with the load by itself; at HEADRACE_FLUSH_RECORDS "
                "the worker is at its limit: start another."
            ),
        ),
        timeseries(
            "Flush time",
            _quantile(0.5, "headrace_sink_write_seconds", "stream, sink", f"{sink} p50"),
            _quantile(0.99, "headrace_sink_write_seconds", "stream, sink", f"{sink} p99"),
            unit=SECONDS,
            minimum=0,
            steps=("green", (1, "orange"), (5, "red")),
            lines_at_steps=True,
            description=(
                "How long the sink takes for one write, COMMIT included. Red from 5 s: the "
                "database is slow; look at its disk, its locks and its load."
            ),
        ),
        timeseries(
            "Backlog in memory",
            Promql("sum by (instance) (headrace_backlog_bytes)", "{{instance}}"),
            unit=BYTES,
            minimum=0,
            description=(
                "Bytes of records that wait for the next write. It has an upper bound: there the "
                "worker stops reading, which is no fault."
            ),
        ),
        timeseries(
            "Sink errors and retries",
            Promql(
                "sum by (sink, stream) "
                "(increase(headrace_sink_errors_total[$__rate_interval])) > 0",
                sink,
            ),
            unit=NO_UNIT,
            style="bars",
            description=(
                "Calls that failed and were tried again, by sink and stream; nothing drawn is "
                "good. A few at a restart of the database are usual."
            ),
        ),
        timeseries(
            "Sink waiting",
            Promql("max by (stream) (headrace_sink_waiting)", "{{stream}}"),
            unit=NO_UNIT,
            minimum=0,
            maximum=1,
            steps=("green", (1, "red")),
            description=(
                "1 while nothing of a stream can be stored; after a minute an alert fires. Mend "
                "the database: workers go on by themselves."
            ),
        ),
        timeseries(
            "Time since the last sink error",
            Promql(
                "time() - max by (stream, error) (headrace_last_error_timestamp_seconds > 0)",
                "{{stream}} {{error}}",
            ),
            unit=SECONDS,
            minimum=0,
            description=(
                "Falls to zero at an error; nothing drawn: there was none since the start. The "
                "worker's log has its words."
            ),
        ),
    ]


def _one(expression: str) -> Promql:
    return Promql(expression, instant=True)


def _one_if_any(expression: str) -> Promql:
    return _one(f"{expression} >= 0")  # NaN, of nothing, would be drawn by Grafana 9


def _quantile(quantile: float, metric: str, by: str, legend: str) -> Promql:
    return Promql(_QUANTILE.format(quantile=quantile, by=by, metric=metric), legend)
