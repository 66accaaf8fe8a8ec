"""Tiles of Operations: whether all is well now."""

from grafana_foundation_sdk.models.dashboard import Panel

from grafana.dashboards.operations_promql import OF_CORE
from grafana.looks import ALIVE, EXACT, NO_UNIT, PERCENT, RECORDS_PER_SECOND, SECONDS
from grafana.panels import stat
from grafana.queries import Promql, Sql

_BROKEN = "docs/reference/alerts.md says what else to try."


def now(sql: dict[str, Sql]) -> list[Panel]:
    width = 3
    return [
        stat(
            "Records a second",
            _one(f"sum(rate(headrace_rows_stored_total{OF_CORE}[1m]))"),
            width=width,
            unit=RECORDS_PER_SECOND,
            steps=ALIVE,
            no_value="no worker",
            description=(
                "Records stored in each second of the last minute. Red: none; see whether they "
                "wait (Lag) or do not come (Records read)."
            ),
        ),
        stat(
            "Oldest stream",
            sql["oldest"],
            width=width,
            unit=SECONDS,
            decimals=0,
            steps=("green", (60, "orange"), (300, "red")),
            no_value="nothing stored",
            description=(
                "How old the newest stored record is of the stream that is furthest behind; those "
                "of HEADRACE_QUIET_STREAMS are left out. Red from five minutes: it is silent, or "
                "not stored; see Newest records."
            ),
        ),
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
            _one(
                '100 * avg(headrace_ready{job="headrace-worker"} '
                'or on (job, instance) (up{job="headrace-worker"} == 0))'
            ),
            width=width,
            unit=PERCENT,
            decimals=0,
            no_value="no worker",
            steps=("red", (100, "green")),
            description=(
                "Workers whose /readyz says yes. Red: ask that page of the others; it gives the "
                "reason; one that does not answer is not ready. Half a minute after a start it "
                "passes by itself."
            ),
        ),
        stat(
            "Records that wait",
            _one(f"sum(headrace_lag_records{OF_CORE})"),
            width=width,
            unit=EXACT,
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
                f"sum by (le) (rate(headrace_freshness_seconds_bucket{OF_CORE}[2m])))"
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
                f"100 * sum(increase(headrace_dead_letters_total{OF_CORE}[10m])) "
                f"/ sum(increase(headrace_events_in_total{OF_CORE}[10m]))"
            ),
            width=width,
            unit=PERCENT,
            decimals=2,
            no_value="no records",
            steps=("green", (0.5, "orange"), (1, "red")),
            description=(
                "Red from 1 %: see Dead letters with their reasons, below, for topic, "
                "reason and detail, and tell the producer."
            ),
        ),
        stat(
            "Sinks that wait",
            _one(f"sum(headrace_sink_waiting{OF_CORE})"),
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


def _one(expression: str) -> Promql:
    return Promql(expression, instant=True)


def _one_if_any(expression: str) -> Promql:
    return _one(f"{expression} >= 0")  # NaN, of nothing, would be drawn by Grafana 9
