"""All PromQL of rules and dashboards, on a real Prometheus that scrapes a real worker."""

import asyncio
import re
import time
from collections.abc import Iterator

import pytest

from grafana.alerts.alert import Alert
from grafana.alerts.declared import ALERTS
from grafana.paths import DASHBOARDS
from telemetry.metrics import GENERATOR, WORKER
from tests.grafana.alerts.watched import Watched
from tests.grafana.files import dashboard, panels

_PATIENCE_SECONDS = 40
# what a healthy system does not have
EMPTY_PANELS = {
    *("Sink errors and retries", "Time since the last sink error", "Rebalances"),
    *("Worker started", "Rebalance"),
    *("Lag by partition", "Seconds until it is drained", "Fires now"),
}
# what only something unusual gives rows for; and what needs longer than this test: test_silence.py
EMPTY_ALERTS = {
    *("HeadraceLagGrowing", "HeadraceNoWorker", "HeadraceDeadLetters", "HeadraceDiskFullSoon"),
    *("HeadraceNoData", "HeadraceSequenceGaps"),
    "HeadraceSourceNotReading",  # no source runs here
}
SUFFIXES = r"_(bucket|sum|count)$"
OF_THE_SYSTEM = {
    *("headrace_process_resident_memory_bytes", "headrace_process_cpu_seconds_total"),
    "headrace_process_start_time_seconds",
}


def asked() -> Iterator[tuple[str, str]]:
    """Give the title and the PromQL of each query of each dashboard."""
    for path in sorted(DASHBOARDS.glob("*.json")):
        for panel in panels(dashboard(path)):
            for target in panel["targets"]:
                if "expr" in target:
                    yield panel["title"], target["expr"]
        for annotation in dashboard(path)["annotations"]["list"]:
            yield annotation["name"], annotation["expr"]


QUERIES = list(asked())


async def eventually(watched: Watched, promql: str) -> bool:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not watched.result(promql):
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.5)
    return True


@pytest.mark.parametrize(
    ("title", "promql"),
    [pytest.param(*query, id=f"{nth} {query[0]}") for nth, query in enumerate(QUERIES)],
)
async def test_a_panel_has_data(watched: Watched, title: str, promql: str) -> None:
    # what Grafana makes of it with scrapes every 10 s and a resolution of a minute
    promql = promql.replace("$__rate_interval", "1m")
    promql = promql.replace("$stream", ".*").replace("$instance", ".*")  # All
    assert "$" not in promql

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


def test_prometheus_evaluates_every_rule(watched: Watched) -> None:
    assert watched.unhealthy_rules() == []


def test_every_metric_of_a_dashboard_is_declared() -> None:
    declared = {metric.name for metric in (*WORKER, *GENERATOR)} | OF_THE_SYSTEM
    named = {name for _, promql in QUERIES for name in re.findall(r"\bheadrace_\w+", promql)}

    assert len(named) > 20
    assert {re.sub(SUFFIXES, "", name) for name in named} <= declared
