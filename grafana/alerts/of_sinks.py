"""Alerts about further sinks, each by its role; what they hold back is themselves alone."""

from grafana import uids
from grafana.alerts.alert import Alert, Panel
from grafana.roles import SINKS

_ROLE = "{{ $labels.role }}"
_OF = f"{{{SINKS}}}"

SINK_DOWN = Alert(
    name="HeadraceSinkDown",
    title="A sink has no worker",
    severity="critical",
    summary=f"{_ROLE}: no worker of this sink answers",
    description=(
        "It had one within a day, and for two minutes none has answered: nothing is stored there. "
        "Nothing is lost while Kafka keeps the records. Read its log, start it again."
    ),
    panel=Panel(uids.SINKS, "Workers by sink"),
    # By what workers say of themselves: `up` knows no role, and a removed target leaves no series.
    promql=f"""max by (role) (max_over_time(headrace_info{_OF}[1d]))
unless on (role) max by (role) (headrace_info{_OF})""",
    wait_seconds=120,
    every_seconds=10,
)

SINK_WAITS = Alert(
    name="HeadraceSinkWaits",
    title="A sink waits for its store",
    severity="critical",
    summary=f"{_ROLE}: nothing can be stored in this sink",
    description=(
        "Its server or disk is away, full, or refuses. Nothing is lost while Kafka keeps the "
        "records, and the worker tries again by itself; other sinks go on."
    ),
    panel=Panel(uids.SINKS, "Sink waiting, by sink"),
    promql=f"max by (role) (headrace_sink_waiting{_OF})",
    wait_seconds=120,
    every_seconds=10,
)

_LAG = f"sum by (role, stream) (headrace_lag_records{_OF})"
SINK_LAGS = Alert(
    name="HeadraceSinkLags",
    title="A sink lags",
    severity="warning",
    summary=f"{_ROLE}, {{{{ $labels.stream }}}}: more arrives than is stored in this sink",
    description=(
        "The records that wait have grown for five minutes; at this pace storing them takes "
        "{value}. See its flush time; start another worker of this role."
    ),
    panel=Panel(uids.SINKS, "Lag by sink"),
    # A minute of work: a sink that is written to every ten seconds always has ten in its hands.
    promql=f"""{_LAG} / sum by (role, stream) (rate(headrace_events_in_total{_OF}[5m]))
and on (role, stream) {_LAG} > 1000
and on (role, stream) deriv({_LAG}[5m:15s]) > 0""",
    above=60,
    wait_seconds=300,
    shown="duration",
)

SINK_REJECTS = Alert(
    name="HeadraceSinkRejects",
    title="A sink rejects records",
    severity="warning",
    summary=f"{_ROLE}, {{{{ $labels.stream }}}}: this sink refuses records for good",
    description=(
        "About {value} of the last ten minutes' records will never be in it; the others are. The "
        "topic of dead letters has each with the sink's words, as rejected_by_sink."
    ),
    panel=Panel(uids.SINKS, "Rejected records"),
    promql=(
        "sum by (role, stream) "
        f'(increase(headrace_dead_letters_total{{{SINKS}, reason="rejected_by_sink"}}[10m]))'
    ),
    wait_seconds=60,
)

OF_SINKS = (SINK_DOWN, SINK_WAITS, SINK_LAGS, SINK_REJECTS)
