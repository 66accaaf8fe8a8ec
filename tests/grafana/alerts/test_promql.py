"""All PromQL of rules and dashboards, on a real Prometheus that scrapes a real worker."""

import asyncio
import re
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from grafana.alerts.alert import Alert
from grafana.alerts.declared import ALERTS
from grafana.alerts.of_sinks import OF_SINKS
from grafana.paths import DASHBOARDS
from grafana.roles import SINKS
from telemetry.metrics import EDGE, GENERATOR, SOURCE, WORKER
from tests.grafana.alerts.watched import SINK, Watched
from tests.grafana.files import dashboard, panels

_PATIENCE_SECONDS = 40
# what a healthy system does not have
EMPTY_PANELS = {
    *("Sink errors and retries", "Time since the last sink error", "Rebalances"),
    *("Worker started", "Rebalance"),
    *("Lag by partition", "Seconds until it is drained", "Fires now"),
    *("Errors and retries by sink", "Rejected records"),
    *("Refused by stream and reason", "Rate-limited and unavailable"),
    *("Reconnects by source", "Gaps by source", "Dropped by source"),
}
# what only something unusual gives rows for; and what needs longer than this test: test_silence.py
EMPTY_ALERTS = {
    *("HeadraceLagGrowing", "HeadraceNoWorker", "HeadraceDeadLetters", "HeadraceDiskFullSoon"),
    *("HeadraceNoData", "HeadraceSequenceGaps"),
    *("HeadraceSinkDown", "HeadraceSinkLags"),
    *("HeadraceEdgeDown", "HeadraceEdgeUnavailable", "HeadraceEdgeRefuses"),
}
SUFFIXES = r"_(bucket|sum|count)$"
OF_THE_SYSTEM = {
    *("headrace_process_resident_memory_bytes", "headrace_process_cpu_seconds_total"),
    "headrace_process_start_time_seconds",
}


# one line or strip for each process, those of sinks too
BY_PROCESS = {"Ready, by process", "Memory", "CPU"}


def asked(paths: Iterable[Path]) -> Iterator[tuple[str, str]]:
    """Give the title and the PromQL of each query of dashboards."""
    for path in sorted(paths):
        for panel in panels(dashboard(path)):
            for target in panel["targets"]:
                if "expr" in target:
                    yield panel["title"], target["expr"]
        for annotation in dashboard(path)["annotations"]["list"]:
            yield annotation["name"], annotation["expr"]


QUERIES = list(asked(DASHBOARDS.glob("*.json")))
OF_CORE = [
    (title, promql)
    for title, promql in [
        *asked(path for path in DASHBOARDS.glob("*.json") if path.stem != "sinks"),
        *((alert.name, alert.promql) for alert in ALERTS if alert not in OF_SINKS),
    ]
    if "headrace_" in promql and title not in BY_PROCESS and SINKS not in promql
]


async def eventually(watched: Watched, promql: str) -> bool:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not watched.result(promql):
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.5)
    return True


def chosen(promql: str) -> str:
    """Give what Grafana makes of it with All chosen, and scrapes every 10 s."""
    promql = promql.replace("$__rate_interval", "1m")
    for variable in ("$stream", "$instance", "$role", "$source"):
        promql = promql.replace(variable, ".*")
    assert "$" not in promql
    return promql


@pytest.mark.parametrize(
    ("title", "promql"),
    [pytest.param(*query, id=f"{nth} {query[0]}") for nth, query in enumerate(QUERIES)],
)
async def test_a_panel_has_data(watched: Watched, title: str, promql: str) -> None:
    promql = chosen(promql)

    if title in EMPTY_PANELS:
        watched.result(promql)
    else:
        assert await eventually(watched, promql)


@pytest.mark.parametrize("alert", [pytest.param(alert, id=alert.name) for alert in ALERTS])
async def test_the_number_of_an_alert_is_there(watched: Watched, alert: Alert) -> None:
    if alert.name in EMPTY_ALERTS:
        watched.result(alert.promql)
    else:
        assert await eventually(watched, alert.promql)


@pytest.mark.parametrize(
    "promql", [pytest.param(one, id=f"{nth} {title}") for nth, (title, one) in enumerate(OF_CORE)]
)
async def test_a_further_sink_changes_no_number_of_core(watched: Watched, promql: str) -> None:
    """Whatever is added up is the same without the sink's workers, which store the same records."""
    promql = chosen(promql)
    alone = re.sub(r"\b(headrace_\w+)(\{(?=.))?", without_sink, promql)
    assert alone != promql
    at = time.time() - 1

    found, of_core = watched.result(promql, at), watched.result(alone, at)

    assert by_labels(found) == by_labels(of_core)


def without_sink(selector: re.Match[str]) -> str:
    name, is_open = selector.groups()
    matcher = f'role!="{SINK}"'
    return f"{name}{{{matcher}, " if is_open else f"{name}{{{matcher}}}"


def by_labels(result: list[Any]) -> dict[str, str]:
    return {str(sorted(one["metric"].items())): one["value"][1] for one in result}


def test_without_its_role_a_sum_would_count_records_twice(watched: Watched) -> None:
    """The proof that the test before can see it."""
    at = time.time() - 1
    rate = "sum(rate(headrace_rows_stored_total{role%s}[1m]))"

    all_roles, core = (
        float(watched.result(rate % matcher, at)[0]["value"][1])
        for matcher in ('=~".*"', '="core"')
    )

    assert all_roles > 1.5 * core > 0


def test_prometheus_evaluates_every_rule(watched: Watched) -> None:
    assert watched.unhealthy_rules() == []


def test_every_metric_of_a_dashboard_is_declared() -> None:
    declared = {metric.name for metric in (*WORKER, *GENERATOR, *EDGE, *SOURCE)} | OF_THE_SYSTEM
    named = {name for _, promql in QUERIES for name in re.findall(r"\bheadrace_\w+", promql)}

    assert len(named) > 20
    assert {re.sub(SUFFIXES, "", name) for name in named} <= declared
