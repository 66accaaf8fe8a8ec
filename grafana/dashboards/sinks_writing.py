"""Panels of Sinks: writes, what went wrong with them, and the workers that do them."""

from grafana_foundation_sdk.models.dashboard import Panel

from grafana.dashboards.operations_promql import NO_ERRORS
from grafana.dashboards.sinks_promql import OF_CHOSEN, OF_PROCESSES, REJECTED, by_role, quantile
from grafana.looks import BYTES, COUNT, NO_UNIT, SECONDS, states
from grafana.panels import timeseries
from grafana.queries import Promql
from grafana.timelines import timeline

_THIRD = 8


def writing() -> list[Panel]:
    return [
        timeseries(
            "Flush time by sink",
            Promql(quantile(0.5, "headrace_sink_write_seconds"), "{{role}} p50"),
            Promql(quantile(0.99, "headrace_sink_write_seconds"), "{{role}} p99"),
            unit=SECONDS,
            minimum=0,
            width=_THIRD,
            description=(
                "How long the sink takes for one write until it is durable. Grows with the size of "
                "a flush; grows alone: its server, network or disk is slow."
            ),
        ),
        timeseries(
            "Flush size by sink",
            Promql(quantile(0.5, "headrace_batch_records"), "{{role}} p50"),
            Promql(quantile(0.99, "headrace_batch_records"), "{{role}} p99"),
            unit=COUNT,
            minimum=0,
            width=_THIRD,
            description=(
                "Records of one write. Many small ones: raise the sink's flush_seconds or "
                "flush_records in headrace.yaml; each costs an object or a part."
            ),
        ),
        timeseries(
            "Bytes by sink",
            Promql(
                by_role("rate(headrace_bytes_stored_total{chosen}[$__rate_interval])"), "{{role}}"
            ),
            unit="binBps",
            minimum=0,
            width=_THIRD,
            description=(
                "Bytes of the records that are stored, a second, as they were in Kafka; what they "
                "take in the sink is less. Not equal between sinks: see Lag by sink."
            ),
        ),
    ]


def troubles() -> list[Panel]:
    return [
        timeseries(
            "Errors and retries by sink",
            Promql(
                by_role("increase(headrace_sink_errors_total{chosen}[$__rate_interval])") + " > 0",
                "{{role}}",
            ),
            unit=NO_UNIT,
            minimum=0,
            style="bars",
            no_value=NO_ERRORS,
            description=(
                "Calls that failed and were tried again; nothing drawn is good. A few at a restart "
                "of a server are usual; many: see the worker's log."
            ),
        ),
        timeline(
            "Sink waiting, by sink",
            Promql(f"max by (role) (headrace_sink_waiting{OF_CHOSEN})", "{{role}}"),
            unit=NO_UNIT,
            steps=("green", (1, "red")),
            states=states(v0=("stores", "green"), v1=("waits", "red")),
            description=(
                "Red while nothing can be stored in it; after two minutes an alert fires. Mend its "
                "server or disk: the worker goes on by itself."
            ),
        ),
        timeseries(
            "Rejected records",
            Promql(
                f"sum by (role, stream) (increase({REJECTED}[$__rate_interval])) > 0",
                "{{role}} {{stream}}",
            ),
            unit=COUNT,
            minimum=0,
            style="bars",
            no_value=NO_ERRORS,
            description=(
                "Records that a sink refused for good, while their neighbours were stored; nothing "
                "drawn is good. <topic>.dead-letters has each with the reason."
            ),
        ),
        timeseries(
            "Time since the last write, by sink",
            Promql(
                f"time() - max by (role) (headrace_last_stored_timestamp_seconds{OF_CHOSEN} > 0)",
                "{{role}}",
            ),
            unit=SECONDS,
            minimum=0,
            description=(
                "Since something was last durable in it. Grows while no records come, too: see Lag "
                "by sink, which says whether something waits."
            ),
        ),
    ]


def processes() -> list[Panel]:
    return [
        timeline(
            "Workers by sink",
            Promql(f"count by (role) (headrace_info{OF_PROCESSES})", "{{role}}"),
            unit=NO_UNIT,
            width=_THIRD,
            description=(
                "Workers of each sink that answer Prometheus. A strip that ends: none does; start "
                "it (headrace worker --role NAME) and read its log."
            ),
        ),
        timeline(
            "Partitions held by sink",
            Promql(
                f"sum by (role, stream) (headrace_partitions{OF_CHOSEN})", "{{role}} {{stream}}"
            ),
            unit=NO_UNIT,
            width=_THIRD,
            description=(
                "Partitions that some worker of the sink holds. Below the topic's number: one is "
                "starting or gone; after the session timeout others take over."
            ),
        ),
        timeseries(
            "Memory by sink",
            Promql(
                f"max by (role, instance) (headrace_process_resident_memory_bytes{OF_PROCESSES})",
                "{{role}} {{instance}}",
            ),
            unit=BYTES,
            minimum=0,
            width=_THIRD,
            description=(
                "What each worker holds; with Parquet up to 600 MB, others below 300 MB. If it "
                "grows for hours, report it and start the worker again: nothing is lost."
            ),
        ),
    ]
