"""Sinks: what those beside PostgreSQL store, how far behind they are, and what is in the way."""

from grafana_foundation_sdk.models.dashboard import Dashboard, Panel

from grafana import uids
from grafana.board import Row, board
from grafana.dashboards import sinks_writing
from grafana.dashboards.sinks_promql import OF_ANY, OF_CHOSEN, REJECTED, by_role, freshness
from grafana.looks import COUNT, EXACT, NO_UNIT, PERCENT, RECORDS_PER_SECOND, SECONDS
from grafana.panels import stat, timeseries
from grafana.queries import Promql
from grafana.variables import labels

_WIDTH = 4


def dashboard() -> Dashboard:
    return board(
        uids.SINKS,
        "Sinks",
        description="What further sinks store, how far behind they are, and what is in the way.",
        since="now-1h",
        refresh="10s",
        variables=[
            labels("role", "Sink", f"headrace_info{OF_ANY}"),
            labels("stream", "Stream", f"headrace_events_in_total{OF_ANY}"),
        ],
        rows=[
            Row("Now", _now()),
            Row("By sink", _flow()),
            Row("Writing", sinks_writing.writing()),
            Row("Troubles", sinks_writing.troubles()),
            Row("Processes", sinks_writing.processes()),
        ],
    )


def _now() -> list[Panel]:
    return [
        stat(
            "Sinks with a worker",
            Promql(
                f"count(max by (role) (headrace_info{OF_ANY})) or vector(0)",
                instant=True,
            ),
            width=_WIDTH,
            unit=NO_UNIT,
            description=(
                "Sinks beside PostgreSQL of which a worker answers. 0: headrace.yaml names none, "
                "or none runs (docs/guides/sinks.md); one is missing: see Workers by sink."
            ),
        ),
        stat(
            "Records a second, all sinks",
            Promql(f"sum(rate(headrace_rows_stored_total{OF_CHOSEN}[1m]))", instant=True),
            width=_WIDTH,
            unit=RECORDS_PER_SECOND,
            no_value="no sink",
            description=(
                "Rows stored in each second of the last minute, added up over the chosen sinks: a "
                "record counts once for each of them. By sink: the lines below."
            ),
        ),
        stat(
            "Most records that wait",
            Promql(f"max(sum by (role) (headrace_lag_records{OF_CHOSEN}))", instant=True),
            width=_WIDTH,
            unit=EXACT,
            no_value="no sink",
            description=(
                "Records in Kafka that the sink furthest behind has not stored. A sink that is "
                "written to every ten seconds always has some; what matters is whether it grows."
            ),
        ),
        stat(
            "Slowest freshness, p99",
            Promql(f"max(histogram_quantile(0.99, {freshness('role', '2m')})) >= 0", instant=True),
            width=_WIDTH,
            unit=SECONDS,
            no_value="no records",
            steps=("green", (60, "orange"), (300, "red")),
            description=(
                "99 of 100 records are durable in the slowest sink sooner than this after they "
                "were produced. Red from five minutes: see Lag by sink and Sink waiting, by sink."
            ),
        ),
        stat(
            "Sinks that wait now",
            Promql(f"sum(max by (role) (headrace_sink_waiting{OF_CHOSEN}))", instant=True),
            width=_WIDTH,
            unit=NO_UNIT,
            no_value="no sink",
            steps=("green", (1, "red")),
            description=(
                "Sinks that cannot store anything now. Red: mend the server or the disk; nothing "
                "is lost while Kafka keeps the records, and other sinks go on."
            ),
        ),
        stat(
            "Rejected, ten minutes",
            Promql(
                f"100 * sum(increase({REJECTED}[10m])) "
                f"/ sum(increase(headrace_events_in_total{OF_CHOSEN}[10m])) "
                ">= 0",
                instant=True,
            ),
            width=_WIDTH,
            unit=PERCENT,
            decimals=2,
            no_value="no records",
            steps=("green", (0.0001, "red")),
            description=(
                "Records that a sink refused for good. Red from the first: see Rejected records, "
                "and <topic>.dead-letters for each with the sink's words."
            ),
        ),
    ]


def _flow() -> list[Panel]:
    return [
        timeseries(
            "Stored by sink",
            Promql(
                by_role("rate(headrace_rows_stored_total{chosen}[$__rate_interval])"), "{{role}}"
            ),
            unit=RECORDS_PER_SECOND,
            minimum=0,
            description=(
                "Rows that are durable, of the chosen streams. Far below the others for long: see "
                "Lag by sink, then Flush time by sink."
            ),
        ),
        timeseries(
            "Lag by sink",
            Promql(
                f"sum by (role, stream) (headrace_lag_records{OF_CHOSEN})", "{{role}} {{stream}}"
            ),
            unit=COUNT,
            minimum=0,
            description=(
                "Records in Kafka that are not stored there yet. Grows for five minutes: an alert "
                "fires; start another worker of the role, up to one for each partition."
            ),
        ),
        timeseries(
            "Freshness by sink, p50",
            Promql(f"histogram_quantile(0.5, {freshness('role')}) >= 0", "{{role}}"),
            unit=SECONDS,
            minimum=0,
            description=(
                "Half of the records are durable sooner than this after they were produced. About "
                "half of the sink's flush_seconds is usual."
            ),
        ),
        timeseries(
            "Freshness by sink, p99",
            Promql(f"histogram_quantile(0.99, {freshness('role')}) >= 0", "{{role}}"),
            unit=SECONDS,
            minimum=0,
            description=(
                "99 of 100 records are durable sooner than this. Its flush_seconds and the time of "
                "a flush are usual; far above: a backlog is worked off."
            ),
        ),
    ]
