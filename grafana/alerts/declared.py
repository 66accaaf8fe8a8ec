"""The alerts. What each means and what to do: docs/reference/alerts.md.

These are about the role `core`, so whatever a further sink's workers tell too names it: added up
over roles, a record would count once for each sink. Those of sinks: of_sinks.py, of the
edge: of_edge.py.

None fires in the first minutes after a start: each compares with a time before, or waits.
"""

from grafana import uids
from grafana.alerts.alert import Alert, Panel
from grafana.alerts.of_edge import OF_EDGE
from grafana.alerts.of_sinks import OF_SINKS

_STREAM = "{{ $labels.stream }}"

NO_DATA = Alert(
    name="HeadraceNoData",
    title="No data from a stream",
    severity="critical",
    summary=f"{_STREAM}: no record for a minute",
    description=(
        "Records came, and for a minute there was none. Look whether the producers run and reach "
        "Kafka."
    ),
    panel=Panel(uids.OPERATIONS, "Records read"),
    # Equal sums a minute apart: where something started since, there is nothing to compare, or the
    # sums differ. A stream counts from its first record on. Where nothing can be stored, that is
    # the alert.
    promql="""(
  sum by (stream) (headrace_events_in_total{role="core"})
    == bool sum by (stream) (headrace_events_in_total{role="core"} offset 1m)
)
and on (stream) sum by (stream) (max_over_time(headrace_events_in_total{role="core"}[1d])) > 0
unless on (stream) max by (stream) (headrace_quiet_is_normal{role="core"}) == 1
unless on (stream) max by (stream) (headrace_sink_waiting{role="core"}) == 1""",
    sql="no_data",
    wait_seconds=10,
    every_seconds=10,
    speaks_for_source=True,
)

_LAG = 'sum by (stream) (headrace_lag_records{role="core"})'
LAG_GROWING = Alert(
    name="HeadraceLagGrowing",
    title="Lag growing",
    severity="warning",
    summary=f"{_STREAM}: more arrives than is stored",
    description=(
        "The records that wait have grown for five minutes; at this pace storing them takes "
        "{value}. Start another worker, up to one for each partition."
    ),
    panel=Panel(uids.OPERATIONS, "Lag"),
    # In seconds of work, as a fast worker always has some thousand records in its hands.
    promql=f"""{_LAG} / sum by (stream) (rate(headrace_events_in_total{{role="core"}}[5m]))
and on (stream) {_LAG} > 1000
and on (stream) deriv({_LAG}[5m:15s]) > 0""",
    above=10,
    wait_seconds=300,
    shown="duration",
)

STALE = Alert(
    name="HeadraceStale",
    title="Freshness above 30 seconds",
    severity="critical",
    summary=f"{_STREAM}: numbers are more than half a minute old",
    description=(
        "One record in a hundred takes {value} or more from its producer to the database. After a "
        "standstill this is the backlog, and passes; else see which of lag and sink time is high."
    ),
    panel=Panel(uids.OPERATIONS, "Freshness, p99"),
    # A quiet stream has no quantile (NaN), which no comparison keeps.
    promql="""histogram_quantile(
  0.99, sum by (stream, le) (rate(headrace_freshness_seconds_bucket{role="core"}[2m]))
) >= 0""",
    above=30,
    wait_seconds=300,
    shown="duration",
)

DEAD_LETTERS = Alert(
    name="HeadraceDeadLetters",
    title="Dead letters above one percent",
    severity="warning",
    summary=f"{_STREAM}: more than one record in a hundred is a dead letter",
    description=(
        "{value} of the last ten minutes' records are dead letters. event_dead_letters has each "
        "with its reason and bytes: tell whoever produces them."
    ),
    panel=Panel(uids.OPERATIONS, "Dead letters by reason"),
    promql="""(
  sum by (stream) (increase(headrace_dead_letters_total{role="core"}[10m])) >= 10
) / on (stream) sum by (stream) (increase(headrace_events_in_total{role="core"}[10m]))""",
    sql="dead_letters",
    above=0.01,
    wait_seconds=60,
    shown="percentage",
)

CDN_FULL = Alert(
    name="HeadraceCdnNearCapacity",
    title="CDN above 90 percent of its capacity",
    severity="critical",
    summary="{{ $labels.cdn }} carries more than 90 % of what it can",
    description=(
        "{value} of its capacity over the last minutes. Steer sessions to another CDN, or correct "
        "cdn_capacity if it can carry more."
    ),
    panel=Panel(uids.STEERING, "Usage of capacity"),
    # While a backlog or a past is stored, hours of viewing are stored in a minute: that is no
    # traffic, nor can any CDN carry five times what it can.
    promql="""(
  sum by (cdn) (rate(headrace_traffic_kilobits_total[5m])) / 1000
    / on (cdn) (max by (cdn) (headrace_cdn_capacity_mbps) > 0)
) < 5
unless on () (
  histogram_quantile(
    0.99, sum by (le) (
      rate(headrace_freshness_seconds_bucket{role="core", stream="content_sessions"}[5m])
    )
  ) > 10
)""",
    sql="cdn_usage",
    above=0.9,
    wait_seconds=120,
    shown="percentage",
)

# Half a minute ago: workers change to the next minute up to a scrape apart, at its beginning.
_SEEN = "sum by (product) (headrace_candle_trades offset 30s)"
_MISSED = f"""clamp_min(
    max by (product) (headrace_candle_last_sequence offset 30s)
    - min by (product) (headrace_candle_first_sequence offset 30s)
    + 1 - {_SEEN}, 0
  )"""
SEQUENCE_GAPS = Alert(
    name="HeadraceSequenceGaps",
    title="Sequence gaps",
    severity="warning",
    summary="{{ $labels.product }}: more than one sequence number in a hundred is missing",
    description=(
        "{value} of the numbers that the exchange counted in ten minutes were not seen. Look "
        "whether the connection to it broke; the database says in which minutes."
    ),
    panel=Panel(uids.MARKETS, "Missing sequence numbers"),
    # Exchanges leave out some by themselves, so one alone is nothing.
    promql=f"""(
  sum_over_time({_MISSED}[10m:1m]) >= 10
)
/ (
  sum_over_time({_MISSED}[10m:1m])
  + sum_over_time({_SEEN}[10m:1m])
)""",
    sql="sequence_gaps",
    above=0.01,
    wait_seconds=60,
    shown="percentage",
)

SINK_UNAVAILABLE = Alert(
    name="HeadraceSinkUnavailable",
    title="Sink unavailable",
    severity="critical",
    summary=f"{_STREAM}: nothing can be stored",
    description=(
        "The database is away, read-only, full, or refuses. Nothing is lost: Kafka keeps the "
        "records, and the worker tries again by itself."
    ),
    panel=Panel(uids.OPERATIONS, "Sink waiting"),
    promql='max by (stream) (headrace_sink_waiting{role="core"})',
    wait_seconds=60,
    every_seconds=10,
)

SOURCE_NOT_READING = Alert(
    name="HeadraceSourceNotReading",
    title="Source not reading",
    severity="critical",
    summary="{{ $labels.source }}: the outside cannot be read",
    description=(
        "It fails or says nothing, or Kafka is away. The source tries again by itself, and reads "
        "what was missed where the outside still has it."
    ),
    panel=Panel(uids.WAYS_IN, "Source waiting"),
    promql="max by (source) (headrace_source_waiting)",
    wait_seconds=60,
    every_seconds=10,
)

WORKER_DOWN = Alert(
    name="HeadraceWorkerDown",
    title="Worker down",
    severity="warning",
    summary="{{ $labels.instance }}: a worker does not answer",
    description=(
        "Its /metrics did not answer for two minutes. Its partitions have moved to others, if "
        "there are any. Read its log, start it again."
    ),
    panel=Panel(uids.OPERATIONS, "Workers"),
    promql='1 - up{job="headrace-worker"}',
    wait_seconds=120,
    every_seconds=10,
)

NO_WORKER = Alert(
    name="HeadraceNoWorker",
    title="No worker at all",
    severity="critical",
    summary="No worker answers",
    description="None has answered for two minutes: nothing is stored. Start one; see its log.",
    panel=Panel(uids.OPERATIONS, "Workers"),
    # A worker that was removed leaves no series behind, so that `up == 0` alone would be silent.
    promql='absent(up{job="headrace-worker"} == 1)',
    wait_seconds=120,
    every_seconds=10,
    speaks_for_source=True,
)

UNHELD = Alert(
    name="HeadraceUnheldPartitions",
    title="Partitions that nobody stores",
    severity="critical",
    summary=f"{_STREAM}: partitions are held by nobody who stores them",
    description=(
        "Records wait in {value} of its partitions, and nobody has stored any of them for minutes. "
        "/readyz of any worker says whom Kafka gave them: mend or stop that one."
    ),
    panel=Panel(uids.OPERATIONS, "Lag"),
    # Every worker that stores other partitions says the same, so they are not added up.
    promql='max by (stream) (headrace_partitions_unheld{role="core"})',
    wait_seconds=60,
    every_seconds=10,
)

DISK = Alert(
    name="HeadraceDiskFull",
    title="Disk nearly full",
    severity="critical",
    summary="The database holds more than 90 % of what it may",
    description=(
        "{value} of HEADRACE_DATABASE_BYTES_ALLOWED is used. Make room: a shorter retention, or a "
        "larger disk and limit."
    ),
    panel=Panel(uids.OPERATIONS, "Database size"),
    promql="""max(headrace_database_bytes)
  / (max(headrace_database_bytes_allowed) > 0)""",
    sql="database_size",
    above=0.9,
    wait_seconds=600,
    shown="percentage",
)

DISK_SOON = Alert(
    name="HeadraceDiskFullSoon",
    title="Disk full within a day",
    severity="warning",
    summary="At this pace the database reaches its limit within a day",
    description=(
        "By the growth of the last six hours it will hold {value} of "
        "HEADRACE_DATABASE_BYTES_ALLOWED in a day."
    ),
    panel=Panel(uids.OPERATIONS, "Database size"),
    # Not before there are six hours to judge by, nor while it is half empty.
    promql="""predict_linear(max(headrace_database_bytes)[6h:5m], 86400)
  / (max(headrace_database_bytes_allowed) > 0)
and max(headrace_database_bytes) > 0.5 * max(headrace_database_bytes_allowed)
and max(headrace_database_bytes offset 6h)""",
    above=1,
    wait_seconds=3600,
    shown="percentage",
)

ALERTS = (
    NO_DATA,
    LAG_GROWING,
    STALE,
    DEAD_LETTERS,
    CDN_FULL,
    SEQUENCE_GAPS,
    SINK_UNAVAILABLE,
    SOURCE_NOT_READING,
    WORKER_DOWN,
    NO_WORKER,
    UNHELD,
    DISK,
    DISK_SOON,
    *OF_SINKS,
    *OF_EDGE,
)
