"""Alerts about the edge: what clients cannot send."""

from grafana import uids
from grafana.alerts.alert import Alert, Panel
from grafana.dashboards.ways_in_promql import CLIENTS
from grafana.roles import EDGE

EDGE_DOWN = Alert(
    name="HeadraceEdgeDown",
    title="No edge answers",
    severity="critical",
    summary="No edge answers: clients cannot send",
    description=(
        "One answered within a day, and for two minutes none has. What clients do not keep is "
        "lost. Read its log, start it again."
    ),
    panel=Panel(uids.WAYS_IN, "Edge ready, by process"),
    # By what edges say of themselves: a target that is removed leaves no series of `up`.
    promql=f"""count(max_over_time(headrace_ready{{{EDGE}}}[1d]))
unless on () count(headrace_ready{{{EDGE}}})""",
    wait_seconds=120,
    every_seconds=10,
)

EDGE_NOT_READY = Alert(
    name="HeadraceEdgeNotReady",
    title="Edge not ready",
    severity="critical",
    summary="{{ $labels.instance }}: this edge cannot reach Kafka",
    description=(
        "It answers 503, and clients have to send again. No broker answers it, or Kafka has not "
        "shown it its topics: its /readyz says which. It tries again by itself."
    ),
    panel=Panel(uids.WAYS_IN, "Edge ready, by process"),
    promql=f"1 - min by (instance) (headrace_ready{{{EDGE}}})",
    wait_seconds=60,
    every_seconds=10,
)

EDGE_UNAVAILABLE = Alert(
    name="HeadraceEdgeUnavailable",
    title="Edge answers 503",
    severity="critical",
    summary="More than one request in a hundred is answered with 503",
    description=(
        "{value} of the requests of two minutes were told to come again, since Kafka did not take "
        "them in time. Nothing that was acknowledged is lost; clients that give up lose theirs."
    ),
    panel=Panel(uids.WAYS_IN, "Rate-limited and unavailable"),
    promql=f"""sum(rate(headrace_edge_requests_total{{{CLIENTS}, status="503"}}[2m]))
/ sum(rate(headrace_edge_requests_total{{{CLIENTS}}}[2m]))""",
    above=0.01,
    wait_seconds=60,
    every_seconds=10,
    shown="percentage",
)

_REFUSED = f"sum by (stream) (increase(headrace_edge_refused_total{{{EDGE}}}[10m]))"
_TAKEN = f"sum by (stream) (increase(headrace_edge_events_total{{{EDGE}}}[10m]))"
EDGE_REFUSES = Alert(
    name="HeadraceEdgeRefuses",
    title="Edge refuses more than five percent",
    severity="warning",
    summary="{{ $labels.stream }}: clients send what is no event of this stream",
    description=(
        "{value} of the last ten minutes' events were refused. A new release of a client is the "
        "usual reason. The stream's topic of dead letters has each with its reason."
    ),
    panel=Panel(uids.WAYS_IN, "Refused by stream and reason"),
    # Not two bad events of three, at night. The stream that nobody refuses has no such series.
    promql=f"""({_REFUSED} >= 10)
/ on (stream) ({_REFUSED} + on (stream) {_TAKEN})""",
    above=0.05,
    wait_seconds=60,
    shown="percentage",
)

OF_EDGE = (EDGE_DOWN, EDGE_NOT_READY, EDGE_UNAVAILABLE, EDGE_REFUSES)
