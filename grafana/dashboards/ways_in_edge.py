"""Panels of Ways in about the edge."""

from grafana_foundation_sdk.models.dashboard import Panel

from grafana.dashboards.operations_promql import NO_ERRORS
from grafana.dashboards.ways_in_promql import CLIENTS, OF_STREAM, latency
from grafana.looks import BYTES, COUNT, NO_UNIT, PER_SECOND, RECORDS_PER_SECOND, SECONDS, states
from grafana.panels import timeseries
from grafana.queries import Promql
from grafana.roles import EDGE
from grafana.timelines import timeline


def flow() -> list[Panel]:
    return [
        timeseries(
            "Answers by status",
            Promql(
                "sum by (status) "
                f"(rate(headrace_edge_requests_total{{{CLIENTS}}}[$__rate_interval]))",
                "{{status}}",
            ),
            unit=PER_SECOND,
            minimum=0,
            description=(
                "202: Kafka has the events. 4xx: the client has to change something, and the "
                "answer says what. 503: Kafka is away, and clients send again."
            ),
        ),
        timeseries(
            "Events accepted by stream",
            Promql(
                f"sum by (stream) (rate(headrace_edge_events_total{OF_STREAM}[$__rate_interval]))",
                "{{stream}}",
            ),
            unit=RECORDS_PER_SECOND,
            minimum=0,
            description=(
                "Events that Kafka acknowledged. A stream that falls to nothing: its clients are "
                "gone or refused, see Answers by status."
            ),
        ),
        timeseries(
            "Time to answer, by route",
            Promql(latency(0.5, "route, "), "{{route}} p50"),
            Promql(latency(0.99, "route, "), "{{route}} p99"),
            unit=SECONDS,
            minimum=0,
            description=(
                "From a request's headers to its answer, Kafka's acknowledgement included. p99 "
                "grows with Bytes that wait for Kafka: the broker is slow; alone: the edge is full."
            ),
        ),
        timeseries(
            "Bytes that wait for Kafka",
            Promql(
                f"max by (instance) (headrace_edge_pending_bytes{{{EDGE}}})",
                "{{instance}}",
            ),
            unit=BYTES,
            minimum=0,
            description=(
                "Events that Kafka has not acknowledged yet. Bounded: what comes beyond is "
                "answered with 503. It stays high: Kafka is slow or away."
            ),
        ),
    ]


def troubles() -> list[Panel]:
    return [
        timeseries(
            "Refused by stream and reason",
            Promql(
                "sum by (stream, reason) "
                f"(increase(headrace_edge_refused_total{OF_STREAM}[$__rate_interval])) > 0",
                "{{stream}} {{reason}}",
            ),
            unit=COUNT,
            minimum=0,
            style="bars",
            no_value=NO_ERRORS,
            description=(
                "Events that are not as the contract says; nothing drawn is good. The client was "
                "told which, and <topic>.dead-letters has each with the detail."
            ),
        ),
        timeseries(
            "Rate-limited and unavailable",
            Promql(
                "sum by (status) (increase(headrace_edge_requests_total"
                f'{{{CLIENTS}, status=~"429|503"}}[$__rate_interval])) > 0',
                "{{status}}",
            ),
            unit=COUNT,
            minimum=0,
            style="bars",
            no_value=NO_ERRORS,
            description=(
                "Requests that clients were told to send again later. 429: more than a key or an "
                "address may send; raise its limit or talk to it. 503: Kafka is away."
            ),
        ),
        timeline(
            "Edge ready, by process",
            Promql(f"min by (instance) (headrace_ready{{{EDGE}}})", "{{instance}}"),
            unit=NO_UNIT,
            steps=("red", (1, "green")),
            states=states(v0=("not ready", "red"), v1=("ready", "green")),
            description=(
                "Red while no broker answers the edge or it has not seen its topics; /readyz says "
                "which. A strip that ends: the process does not answer Prometheus."
            ),
        ),
    ]
