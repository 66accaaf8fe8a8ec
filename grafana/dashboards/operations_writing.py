"""Panels of Operations: how the sink writes."""

from grafana_foundation_sdk.models.dashboard import Panel

from grafana.dashboards.operations_promql import CHOSEN, NO_ERRORS, OF_CORE, quantile
from grafana.looks import BYTES, COUNT, NO_UNIT, SECONDS, states
from grafana.panels import timeseries
from grafana.queries import Promql
from grafana.timelines import timeline


def writing() -> list[Panel]:
    sink, by_stream = "{{sink}} {{stream}}", "{{stream}}"
    return [
        timeseries(
            "Batch size",
            quantile(0.5, "headrace_batch_records", "stream", "{{stream}} p50"),
            quantile(0.99, "headrace_batch_records", "stream", "{{stream}} p99"),
            unit=COUNT,
            minimum=0,
            description=(
                "Records of one write. Grows with the load by itself; at HEADRACE_FLUSH_RECORDS "
                "the worker is at its limit: start another."
            ),
        ),
        timeseries(
            "Flush time",
            quantile(0.5, "headrace_sink_write_seconds", "stream, sink", f"{sink} p50"),
            quantile(0.99, "headrace_sink_write_seconds", "stream, sink", f"{sink} p99"),
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
            Promql(f"sum by (instance) (headrace_backlog_bytes{OF_CORE})", "{{instance}}"),
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
                f"(increase(headrace_sink_errors_total{OF_CORE}[$__rate_interval])) > 0",
                sink,
            ),
            unit=NO_UNIT,
            style="bars",
            stacked=True,
            no_value=NO_ERRORS,
            description=(
                "Calls that failed and were tried again, by sink and stream; nothing drawn is "
                "good. A few at a restart of the database are usual."
            ),
        ),
        timeline(
            "Sink waiting",
            Promql(f"max by (stream) (headrace_sink_waiting{CHOSEN})", by_stream),
            unit=NO_UNIT,
            steps=("green", (1, "red")),
            states=states(v0=("stores", "green"), v1=("waits", "red")),
            description=(
                "Red while nothing of a stream can be stored; after a minute an alert fires. Mend "
                "the database: workers go on by themselves."
            ),
        ),
        timeseries(
            "Time since the last sink error",
            Promql(
                "time() - max by (stream, error) "
                f"(headrace_last_error_timestamp_seconds{OF_CORE} > 0)",
                "{{stream}} {{error}}",
            ),
            unit=SECONDS,
            minimum=0,
            no_value=NO_ERRORS,
            description=(
                "Falls to zero at an error; nothing drawn: there was none since the start. The "
                "worker's log has its words."
            ),
        ),
    ]
