"""Panels of Operations: what is read and stored of each stream, and how soon."""

from grafana_foundation_sdk.models.dashboard import Panel
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from grafana.colours import STREAMS
from grafana.dashboards.operations_promql import CHOSEN, LAG, NO_ERRORS, OF_CORE, STORED, quantile
from grafana.looks import COUNT, RECORDS_PER_SECOND, SECONDS
from grafana.panels import timeseries
from grafana.queries import Promql
from grafana.roles import CORE
from grafana.timelines import heatmap


def streams() -> list[Panel]:
    by_stream = "{{stream}}"
    return [
        timeseries(
            "Records read",
            Promql(
                f"sum by (stream) (rate(headrace_events_in_total{CHOSEN}[$__rate_interval]))",
                by_stream,
            ),
            unit=RECORDS_PER_SECOND,
            colours=STREAMS,
            minimum=0,
            description=(
                "Records that workers take from Kafka. At zero for a minute an alert fires: see "
                "whether the producers run; list the stream in HEADRACE_QUIET_STREAMS if that is "
                "normal."
            ),
        ),
        timeseries(
            "Records stored",
            Promql(STORED, by_stream),
            unit=RECORDS_PER_SECOND,
            colours=STREAMS,
            minimum=0,
            description=(
                "Rows after COMMIT. Below Records read for long: see Lag, Sinks that wait and Dead "
                "letters by reason."
            ),
        ),
        timeseries(
            "Lag",
            Promql(LAG, by_stream),
            unit=COUNT,
            minimum=0,
            colours=STREAMS,
            description=(
                "Records in Kafka that are not stored yet. Grows for minutes: start another "
                "worker, up to one for each partition."
            ),
        ),
        timeseries(
            "Dead letters by reason",
            Promql(
                f"sum by (reason) (increase(headrace_dead_letters_total{CHOSEN}"
                "[$__rate_interval])) > 0",
                "{{reason}}",
            ),
            unit=COUNT,
            minimum=0,
            style="bars",
            stacked=True,
            no_value=NO_ERRORS,
            description=(
                "Dead letters of the chosen streams, and why; nothing drawn is good. The table "
                "event_dead_letters has each with its bytes."
            ),
        ),
        timeseries(
            "Freshness, p50",
            quantile(0.5, "headrace_freshness_seconds", "stream", by_stream),
            unit=SECONDS,
            minimum=0,
            colours=STREAMS,
            description=(
                "Half of the records are stored sooner than this after they were produced. About "
                "half of HEADRACE_FLUSH_INTERVAL_SECONDS is usual."
            ),
        ),
        timeseries(
            "Freshness, p99",
            quantile(0.99, "headrace_freshness_seconds", "stream", by_stream),
            unit=SECONDS,
            minimum=0,
            steps=("green", (10, "orange"), (30, "red")),
            lines_at_steps=True,
            colours=STREAMS,
            description=(
                "99 of 100 records are stored sooner than this. Above the red line (30 s) for five "
                "minutes an alert fires: see Lag, then Flush time."
            ),
        ),
        timeseries(
            "Lag by partition",
            Promql(
                f"sum by (stream, partition) (headrace_lag_records{CHOSEN}) > 0",
                "{{stream}} {{partition}}",
            ),
            unit=COUNT,
            minimum=0,
            no_value="Nothing waits",
            description=(
                "One partition far above the others: most records have one key, or its worker is "
                "slow. Choose a stream above to see its partitions alone."
            ),
        ),
        timeseries(
            "Lag in seconds of work",
            Promql(f"{LAG} / ({STORED} > 0)", by_stream),
            unit=SECONDS,
            minimum=0,
            colours=STREAMS,
            description=(
                "How long storing what waits takes at the pace of now, if nothing else came. Above "
                "ten seconds and growing for five minutes an alert fires."
            ),
        ),
        timeseries(
            "Seconds until it is drained",
            Promql(f"{LAG} / (-deriv({LAG}[2m:10s]) > 0)", by_stream),
            unit=SECONDS,
            minimum=0,
            colours=STREAMS,
            no_value="Nothing is being worked off",
            description=(
                "When a backlog will be gone, as it shrinks now, with what comes meanwhile. Drawn "
                "only while it shrinks."
            ),
        ),
        timeseries(
            "Produced and stored",
            Promql("sum(rate(headrace_generator_records_total[$__rate_interval]))", "produced"),
            Promql(f"sum(rate(headrace_events_in_total{OF_CORE}[$__rate_interval]))", "read"),
            Promql(
                f"sum(rate(headrace_rows_stored_total{OF_CORE}[$__rate_interval])) "
                f"+ sum(rate(headrace_dead_letters_total{OF_CORE}[$__rate_interval]))",
                "stored",
            ),
            unit=RECORDS_PER_SECOND,
            minimum=0,
            description=(
                "Three lines on each other: nothing waits. Stored below read: the sink is slow. "
                "Only a generator tells what it produces."
            ),
        ),
        heatmap(
            "Freshness of all records",
            Promql(
                "sum by (le) "
                f'(increase(headrace_freshness_seconds_bucket{{{CORE}, stream=~"$stream"}}'
                "[$__rate_interval]))",
                "{{le}}",
                kind=PromQueryFormat.HEATMAP,
            ),
            rows=SECONDS,
            unit=COUNT,
            scheme="Oranges",
            description=(
                "How many records were stored how soon: the darker, the more. A second band above "
                "the first: one partition or worker is late."
            ),
        ),
    ]
