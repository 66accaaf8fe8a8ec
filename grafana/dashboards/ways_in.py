"""Ways in: what the edge and sources bring to Kafka, and what is in the way."""

from grafana_foundation_sdk.models.dashboard import Dashboard, Panel

from grafana import uids
from grafana.board import Row, board
from grafana.dashboards import ways_in_edge, ways_in_sources
from grafana.dashboards.ways_in_promql import (
    CLIENTS,
    OF_SOURCE,
    OF_STREAM,
    latency,
    waiting_sources,
)
from grafana.looks import BYTES, NO_UNIT, PER_SECOND, PERCENT, RECORDS_PER_SECOND, SECONDS
from grafana.panels import stat, timeseries
from grafana.queries import Promql
from grafana.roles import EDGE, SOURCES, WAYS_IN
from grafana.variables import labels

_WIDTH = 4


def dashboard() -> Dashboard:
    return board(
        uids.WAYS_IN,
        "Ways in",
        description="What the edge and sources bring to Kafka, and what is in the way.",
        since="now-1h",
        refresh="10s",
        variables=[
            labels("stream", "Stream of the edge", f"headrace_edge_events_total{{{EDGE}}}"),
            labels("source", "Source", f"headrace_source_records_total{{{SOURCES}}}"),
        ],
        rows=[
            Row("Now", _now()),
            Row("Edge", ways_in_edge.flow()),
            Row("Edge: troubles", ways_in_edge.troubles()),
            Row("Sources", ways_in_sources.flow()),
            Row("Sources: troubles", ways_in_sources.troubles()),
            Row("Processes", _processes()),
        ],
    )


def _now() -> list[Panel]:
    return [
        stat(
            "Requests a second",
            Promql(f"sum(rate(headrace_edge_requests_total{{{CLIENTS}}}[1m]))", instant=True),
            width=_WIDTH,
            unit=PER_SECOND,
            no_value="no edge",
            description=(
                "Requests of clients that edges answered in each second of the last minute, with "
                "whatever status: see Answers by status."
            ),
        ),
        stat(
            "Events a second, by HTTP",
            Promql(f"sum(rate(headrace_edge_events_total{OF_STREAM}[1m]))", instant=True),
            width=_WIDTH,
            unit=RECORDS_PER_SECOND,
            no_value="no edge",
            description=(
                "Events that an edge took and Kafka acknowledged, of the chosen streams, in each "
                "second of the last minute."
            ),
        ),
        stat(
            "Refused, ten minutes",
            Promql(
                f"100 * (sum(increase(headrace_edge_refused_total{OF_STREAM}[10m])) or vector(0)) "
                f"/ ((sum(increase(headrace_edge_refused_total{OF_STREAM}[10m])) or vector(0)) "
                f"+ sum(increase(headrace_edge_events_total{OF_STREAM}[10m]))) >= 0",
                instant=True,
            ),
            width=_WIDTH,
            unit=PERCENT,
            decimals=2,
            no_value="no events",
            steps=("green", (1, "orange"), (5, "red")),
            description=(
                "Share of the events that the contract refused. Red from 5 %, where an alert "
                "fires: see Refused by stream and reason, and tell whoever sends them."
            ),
        ),
        stat(
            "Slowest answers, p99",
            Promql(latency(0.99, over="2m"), instant=True),
            width=_WIDTH,
            unit=SECONDS,
            no_value="no requests",
            steps=("green", (0.25, "orange"), (1, "red")),
            description=(
                "99 of 100 requests are answered sooner than this, Kafka's acknowledgement "
                "included. Red from a second: see Bytes that wait for Kafka."
            ),
        ),
        stat(
            "Events a second, from sources",
            Promql(f"sum(rate(headrace_source_records_total{OF_SOURCE}[1m]))", instant=True),
            width=_WIDTH,
            unit=RECORDS_PER_SECOND,
            no_value="no source",
            description=(
                "Records that the chosen sources committed to Kafka in each second of the last "
                "minute. 0 is usual where the outside has nothing new."
            ),
        ),
        stat(
            "Sources that wait now",
            Promql(waiting_sources(OF_SOURCE), instant=True),
            width=_WIDTH,
            unit=NO_UNIT,
            steps=("green", (1, "red")),
            no_value="no source",
            nothing="blue",
            description=(
                "Sources of which something cannot be read now. Red: /readyz and /status/ of the "
                "source say what it waits for; it tries again by itself."
            ),
        ),
    ]


def _processes() -> list[Panel]:
    return [
        timeseries(
            "Memory by process",
            Promql(
                f"max by (role, instance) (headrace_process_resident_memory_bytes{{{WAYS_IN}}})",
                "{{role}} {{instance}}",
            ),
            unit=BYTES,
            minimum=0,
            description=(
                "What each process holds. It is bounded, also while Kafka is away: if it grows "
                "for hours, report it and start the process again."
            ),
        ),
        timeseries(
            "CPU by process",
            Promql(
                "max by (role, instance) (100 * "
                f"rate(headrace_process_cpu_seconds_total{{{WAYS_IN}}}[$__rate_interval]))",
                "{{role}} {{instance}}",
            ),
            unit=PERCENT,
            minimum=0,
            description=(
                "Of one core. An edge near 100 is full: give it more processes (--workers), or "
                "start another one behind a load balancer."
            ),
        ),
    ]
