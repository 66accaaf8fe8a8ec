"""What stands in the files that Grafana and Prometheus read."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from grafana import uids
from grafana.alerts.alert import RUNBOOK, RUNBOOKS, anchor
from grafana.alerts.declared import ALERTS
from grafana.alerts.notifications import DEFAULTS
from grafana.generated import HERE, generated
from grafana.paths import DASHBOARDS, PROVISIONING, RULES
from telemetry.metrics import EDGE, SOURCE, WORKER
from tests.grafana.alerts.evaluation import grafana_rules, load
from tests.grafana.files import dashboard, panels

ROOT = Path(uids.__file__).parents[1]
ALERTING = PROVISIONING / "alerting"
RULE = pytest.mark.parametrize(
    "rule", [pytest.param(rule, id=uid) for uid, rule in grafana_rules().items()]
)
PROMETHEUS_RULES = {
    rule["alert"]: rule for group in load(RULES)["groups"] for rule in group["rules"]
}


def test_both_have_every_alert() -> None:
    assert set(grafana_rules()) == {alert.uid for alert in ALERTS}
    assert set(PROMETHEUS_RULES) == {alert.name for alert in ALERTS}
    assert len({alert.title for alert in ALERTS}) == len(ALERTS)


def test_uids_are_such_as_grafana_takes() -> None:
    points = load(ALERTING / "contact-points.yaml")["contactPoints"]
    receivers = [one["uid"] for point in points for one in point["receivers"]]
    found = [*grafana_rules(), *receivers]

    assert len(found) == len(set(found))
    assert all(re.fullmatch(r"[a-z-]{1,40}", uid) for uid in found)


def test_rules_and_dashboards_have_folders_of_their_own() -> None:
    groups = load(ALERTING / "rules.yaml")["groups"]
    providers = load(PROVISIONING / "dashboards" / "headrace.yaml")["providers"]

    assert {group["folder"] for group in groups}.isdisjoint(one["folder"] for one in providers)


@pytest.mark.parametrize("alert", [pytest.param(alert, id=alert.name) for alert in ALERTS])
def test_a_rule_says_what_is_wrong_how_bad_it_is_and_where_help_is(alert: Any) -> None:
    anchors = {
        anchor(line.lstrip("#").strip())
        for line in (ROOT / RUNBOOKS).read_text(encoding="utf-8").splitlines()
        if line.startswith("#")
    }

    for rule in (grafana_rules()[alert.uid], PROMETHEUS_RULES[alert.name]):
        assert len(rule["annotations"]["summary"]) > 10
        assert len(rule["annotations"]["description"]) > 50
        page, _, place = rule["annotations"][RUNBOOK].partition("#")
        assert page == RUNBOOKS
        assert place in anchors
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert re.fullmatch(r"[1-9]\d*[smh]", rule["for"])


@RULE
def test_a_rule_of_grafana_asks_a_source_that_is_provisioned(rule: Any) -> None:
    asked, *expressions = rule["data"]

    assert asked["datasourceUid"] in {uids.POSTGRES, uids.PROMETHEUS}
    assert asked["model"]["datasource"]["uid"] == asked["datasourceUid"]
    assert asked["relativeTimeRange"]["from"] > asked["relativeTimeRange"]["to"] == 0
    assert {one["datasourceUid"] for one in expressions} == {"__expr__"}
    # `threshold` is newer than the oldest Grafana that this is for
    assert [one["model"]["type"] for one in expressions] == ["reduce", "math"]
    assert all(one["refId"] == one["model"]["refId"] for one in rule["data"])
    assert rule["condition"] == expressions[-1]["refId"]


@RULE
def test_a_rule_of_grafana_links_to_a_panel_that_is_there(rule: Any) -> None:
    found = next(
        it for it in map(dashboard, DASHBOARDS.glob("*.json")) if it["uid"] == rule["dashboardUid"]
    )

    linked = [panel for panel in panels(found) if panel["id"] == rule["panelId"]]

    alert = next(alert for alert in ALERTS if alert.uid == rule["uid"])
    assert [panel["title"] for panel in linked] == [alert.panel.title]
    assert rule["annotations"]["__dashboardUid__"] == rule["dashboardUid"]
    assert rule["annotations"]["__panelId__"] == str(rule["panelId"])


def test_one_rule_of_each_source_speaks_where_the_source_is_silent() -> None:
    """A dead database is one alert, not one for each rule that asks it."""
    rules = grafana_rules().values()
    speaking = [rule for rule in rules if rule["execErrState"] == "Alerting"]

    assert sorted(rule["data"][0]["datasourceUid"] for rule in speaking) == [
        uids.POSTGRES,
        uids.PROMETHEUS,
    ]
    assert {rule["noDataState"] for rule in rules} == {"OK"}
    assert all("$values" not in rule["annotations"]["description"] for rule in speaking)


@RULE
def test_a_description_is_written_where_the_query_has_no_rows_too(rule: Any) -> None:
    """Without rows there is no `$values.B`, and a template that fails is logged every minute."""
    for text in (rule["annotations"]["description"], rule["annotations"]["summary"]):
        outside = re.sub(r"\{\{ with \$values\.B \}\}.*?\{\{ end \}\}", "", text)
        assert "$values" not in outside


def test_grafana_lists_each_alert_once() -> None:
    (source,) = load(PROVISIONING / "datasources" / "prometheus.yaml")["datasources"]

    assert source["jsonData"]["manageAlerts"] is False


@pytest.mark.parametrize("folder", ["plugins", "notifiers"])
def test_grafana_misses_no_folder_at_its_start(folder: str) -> None:
    assert [load(file) for file in (PROVISIONING / folder).glob("*.yaml")] == [{"apiVersion": 1}]


@pytest.mark.parametrize("name", ["provisioning/alerting/rules.yaml", "prometheus/rules.yml"])
def test_a_runbook_is_a_button_where_the_docs_have_an_address(name: str) -> None:
    text = generated("https://wiki.example.org/headrace/")[HERE / name]

    groups = yaml.safe_load(text)["groups"]
    told = [rule["annotations"] for group in groups for rule in group["rules"]]
    assert all(RUNBOOK not in one for one in told)
    begin = "https://wiki.example.org/headrace/reference/alerts.md#"
    assert all(one["runbook_url"].startswith(begin) for one in told)


def test_policies_name_contact_points_that_are_there() -> None:
    (policy,) = load(ALERTING / "policies.yaml")["policies"]
    points = {point["name"] for point in load(ALERTING / "contact-points.yaml")["contactPoints"]}

    assert {policy["receiver"], *(route["receiver"] for route in policy["routes"])} == points
    assert set(policy["group_by"]) >= {"alertname", "stream", "cdn"}


def test_contact_points_need_the_variables_that_are_documented() -> None:
    text = (ALERTING / "contact-points.yaml").read_text(encoding="utf-8")
    docs = (ROOT / RUNBOOKS).read_text(encoding="utf-8")

    assert set(re.findall(r"\$\{(\w+)\}", text)) == set(DEFAULTS)
    assert all(f"| `{name}`" in docs and f"`{value}`" in docs for name, value in DEFAULTS.items())


def test_every_metric_that_is_named_is_declared() -> None:
    declared = {metric.name for metric in (*WORKER, *SOURCE, *EDGE)}

    for alert in ALERTS:
        named = re.findall(r"\bheadrace_\w+", alert.promql)
        assert {re.sub(r"_bucket$", "", name) for name in named} <= declared
