"""Panels of Ways in about sources."""

from grafana_foundation_sdk.models.dashboard import Panel

from grafana.dashboards.operations_promql import NO_ERRORS
from grafana.dashboards.ways_in_promql import OF_SOURCE, by_source, since
from grafana.looks import BYTES, COUNT, NO_UNIT, RECORDS_PER_SECOND, SECONDS
from grafana.panels import timeseries
from grafana.queries import Promql
from grafana.timelines import timeline


def flow() -> list[Panel]:
    return [
        timeseries(
            "Events by source",
            Promql(by_source("headrace_source_records_total"), "{{source}}"),
            unit=RECORDS_PER_SECOND,
            minimum=0,
            description=(
                "Records that are committed to Kafka. Nothing for long: see Silence by source, "
                "which tells whether the outside is there."
            ),
        ),
        timeseries(
            "Bytes by source",
            Promql(by_source("headrace_source_bytes_total"), "{{source}}"),
            unit="binBps",
            minimum=0,
            description=(
                "What these records weigh, keys and values, a second. records_per_second in "
                "headrace.yaml bounds a source that reads too fast."
            ),
        ),
        timeseries(
            "Age of the newest event, by source",
            Promql(since("headrace_source_last_event_timestamp_seconds"), "{{source}}"),
            unit=SECONDS,
            minimum=0,
            description=(
                "How far behind the present a source is: the newest record committed is so old. "
                "Of a past that is read it shrinks; grows: nothing new comes."
            ),
        ),
        timeseries(
            "Silence by source",
            Promql(since("headrace_source_last_heard_timestamp_seconds"), "{{source}}"),
            unit=SECONDS,
            minimum=0,
            description=(
                "Since the outside last showed that it is there. Longer than the source's "
                "silence_seconds: it is opened again."
            ),
        ),
        timeseries(
            "Read and not committed, by source",
            Promql(f"max by (source) (headrace_source_buffered_bytes{OF_SOURCE})", "{{source}}"),
            unit=BYTES,
            minimum=0,
            description=(
                "What waits for Kafka, at most buffer_bytes of headrace.yaml. It stays there: "
                "Kafka is slow or away, and the outside is not read until there is room."
            ),
        ),
    ]


def troubles() -> list[Panel]:
    return [
        timeline(
            "Source waiting",
            Promql(f"max by (source) (headrace_source_waiting{OF_SOURCE})", "{{source}}"),
            unit=NO_UNIT,
            steps=("green", (1, "red")),
            description=(
                "Red: how many of its readers cannot read now; after a minute an alert fires. "
                "/readyz of the source says why; it tries again by itself."
            ),
        ),
        timeseries(
            "Reconnects by source",
            Promql(
                by_source("headrace_source_reconnects_total", "increase") + " > 0", "{{source}}"
            ),
            Promql(
                by_source("headrace_source_silences_total", "increase") + " > 0",
                "{{source}}, after silence",
            ),
            unit=COUNT,
            minimum=0,
            style="bars",
            no_value=NO_ERRORS,
            description=(
                "How often the outside was opened again, and how many of these because it said "
                "nothing. A few a day are usual; many: see the source's log."
            ),
        ),
        timeseries(
            "Gaps by source",
            Promql(
                by_source("headrace_source_gaps_total", "increase") + " > 0", "{{source}} missing"
            ),
            Promql(
                by_source("headrace_source_filled_total", "increase") + " > 0", "{{source}} filled"
            ),
            unit=COUNT,
            minimum=0,
            style="bars",
            no_value=NO_ERRORS,
            description=(
                "Events that the source saw to be missing, and those that it fetched afterwards; "
                "nothing drawn is good. More missing than filled: the outside has them no more."
            ),
        ),
        timeseries(
            "Dropped by source",
            Promql(
                by_source("headrace_source_duplicates_total", "increase") + " > 0",
                "{{source}} came again",
            ),
            Promql(
                "sum by (source, reason) "
                f"(increase(headrace_source_refused_total{OF_SOURCE}[$__rate_interval])) > 0",
                "{{source}} {{reason}}",
            ),
            unit=COUNT,
            minimum=0,
            style="bars",
            no_value=NO_ERRORS,
            description=(
                "What came and was not sent on: events that were there before (usual after a "
                "reconnect), and what is no event, by reason: see the source's log."
            ),
        ),
    ]
