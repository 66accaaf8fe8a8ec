"""`headrace grafana deploy` makes what is missing, mends what differs and touches nothing else."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from grafana import uids
from tests.grafana.deploy.conftest import PASSWORD, Deploy
from tests.grafana.deploy.pretend_grafana import AS_GRAFANA_9_4, AS_GRAFANA_10
from tests.grafana.deploy.server import GrafanaServer

FILES = Path(__file__).parents[3] / "grafana"
DASHBOARDS = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in (FILES / "dashboards").glob("*.json")
}
GROUPS = yaml.safe_load(
    (FILES / "provisioning" / "alerting" / "rules.yaml").read_text(encoding="utf-8")
)["groups"]
CLICK = "of ClickHouse"
RULES = [rule for group in GROUPS for rule in group["rules"]]


def test_the_first_time_everything_is_made(server: GrafanaServer, deploy: Deploy) -> None:
    done = deploy()

    there = server.grafana
    made = 1 + 2 + len(DASHBOARDS) + len(RULES) + len(GROUPS)
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[-1] == f"{made} create"
    assert there.folders[uids.FOLDER]["title"] == uids.FOLDER_TITLE
    assert there.data_sources.keys() == {uids.POSTGRES, uids.PROMETHEUS}
    assert there.data_sources[uids.POSTGRES]["url"] == "db.example.org:5432"
    assert there.data_sources[uids.POSTGRES]["user"] == "headrace_reader"
    assert there.data_sources[uids.POSTGRES]["jsonData"]["database"] == "headrace"
    assert there.data_sources[uids.POSTGRES]["jsonData"]["sslmode"] == "require"
    assert there.secrets[uids.POSTGRES] == {"password": PASSWORD}
    assert not any(source["isDefault"] for source in there.data_sources.values())
    assert there.dashboards.keys() == {one["uid"] for one in DASHBOARDS.values()}
    assert {one["meta"]["folderUid"] for one in there.dashboards.values()} == {uids.FOLDER}
    assert there.rules.keys() == {rule["uid"] for rule in RULES}
    assert there.intervals.keys() == {group["name"] for group in GROUPS}
    assert not any("provenance" in rule for rule in there.rules.values())


def test_what_a_dashboard_and_a_rule_ask_arrives_as_it_was_written(
    server: GrafanaServer, deploy: Deploy
) -> None:
    deploy()

    for dashboard in DASHBOARDS.values():
        there = server.grafana.dashboards[dashboard["uid"]]["dashboard"]
        assert {**there, "id": None} == {**dashboard, "version": 1}
    for rule in RULES:
        kept = server.grafana.rules[rule["uid"]]
        assert [one["model"] for one in kept["data"]] == [one["model"] for one in rule["data"]]
        assert kept["annotations"]["__panelId__"] == str(rule["panelId"])


@pytest.mark.parametrize(
    "answer",
    [pytest.param(AS_GRAFANA_9_4, id="9.4"), pytest.param(AS_GRAFANA_10, id="10 and newer")],
)
@pytest.mark.parametrize("options", [(), ("--dry-run",)], ids=["deploy", "dry run"])
def test_a_rule_that_is_missing_is_to_be_made_whatever_status_tells_it(
    server: GrafanaServer, deploy: Deploy, answer: Any, options: tuple[str, ...]
) -> None:
    server.grafana.no_such_rule = answer

    done = deploy(*options)

    assert done.exit_code == 0, done.output
    made = [line for line in done.output.splitlines() if line.startswith("create")]
    assert sum("alert rule" in line for line in made) == len(RULES)


def test_a_runbook_is_a_button_where_the_docs_have_an_address(
    server: GrafanaServer, deploy: Deploy
) -> None:
    deploy(HEADRACE_DOCS_URL="https://wiki.example.org")

    for rule in server.grafana.rules.values():
        url = rule["annotations"]["runbook_url"]
        assert url.startswith("https://wiki.example.org/reference/alerts.md#")
        assert "runbook" not in rule["annotations"]


def test_another_error_of_grafana_about_a_rule_is_told(
    server: GrafanaServer, deploy: Deploy
) -> None:
    server.grafana.no_such_rule = (500, {"message": "database is locked"})

    done = deploy()

    assert done.exit_code == 1
    assert "could not read the alert rule" in done.output
    assert "(500: database is locked)" in done.output


@pytest.mark.parametrize("options", [(), ("--dry-run",)], ids=["again", "dry run"])
def test_the_second_time_nothing_changes(
    server: GrafanaServer, deploy: Deploy, options: tuple[str, ...]
) -> None:
    first = deploy()
    server.writes.clear()

    done = deploy(*options)

    count = first.output.splitlines()[-1].split()[0]
    assert done.exit_code == 0
    assert done.output.splitlines()[-1] == f"{count} unchanged"
    assert server.writes == []


def test_a_dry_run_writes_nothing_and_shows_what_would_change(
    server: GrafanaServer, deploy: Deploy
) -> None:
    empty = deploy("--dry-run")
    assert server.writes == []
    assert f"create      dashboard {uids.STEERING}" in empty.output.splitlines()

    deploy()
    server.grafana.dashboards[uids.STEERING]["dashboard"]["title"] = "Mine now"
    server.writes.clear()
    lines = [line.strip() for line in deploy("--dry-run").output.splitlines()]

    assert f"update      dashboard {uids.STEERING}" in lines
    assert '-    "title": "Mine now",' in lines
    assert f'+    "title": "{DASHBOARDS["content_steering"]["title"]}",' in lines
    assert server.writes == []


def test_what_was_changed_is_put_back(server: GrafanaServer, deploy: Deploy) -> None:
    deploy()
    there = server.grafana
    before = deepcopy((there.data_sources, there.dashboards, there.rules, there.intervals))
    rule, group = RULES[0]["uid"], GROUPS[0]["name"]
    there.data_sources[uids.POSTGRES]["jsonData"]["sslmode"] = "disable"
    there.data_sources[uids.POSTGRES]["isDefault"] = True
    there.secrets[uids.POSTGRES] = {"password": "of last year"}
    there.dashboards[uids.MEDIA]["dashboard"]["panels"].pop()
    there.rules[rule]["for"] = "1h"
    there.intervals[group] += 10
    server.writes.clear()

    done = deploy()

    assert "4 update" in done.output
    assert len(server.writes) == 4
    assert there.data_sources[uids.POSTGRES]["isDefault"]  # the owner's choice
    assert there.data_sources[uids.POSTGRES]["jsonData"]["sslmode"] == "require"
    assert there.secrets[uids.POSTGRES] == {"password": "of last year"}
    assert (
        there.dashboards[uids.MEDIA]["dashboard"]["panels"]
        == (before[1][uids.MEDIA]["dashboard"]["panels"])
    )
    assert there.rules == before[2]
    assert there.intervals == before[3]
    assert deploy().output.splitlines()[-1].endswith(" unchanged")


def test_a_rule_of_others_in_our_group_stays_when_the_interval_is_mended(
    server: GrafanaServer, deploy: Deploy
) -> None:
    deploy()
    group, before = GROUPS[0]["name"], dict(server.grafana.intervals)
    theirs = {**server.grafana.rules[RULES[0]["uid"]], "uid": "theirs", "title": "Theirs"}
    theirs |= {"ruleGroup": group}
    server.grafana.rules["theirs"] = dict(theirs)
    server.grafana.intervals[group] += 10

    deploy()

    assert server.grafana.rules["theirs"] == theirs
    assert server.grafana.intervals == before


def test_a_password_is_written_when_asked_for(server: GrafanaServer, deploy: Deploy) -> None:
    deploy()
    server.grafana.secrets[uids.POSTGRES] = {"password": "of last year"}
    deploy()
    unasked = dict(server.grafana.secrets[uids.POSTGRES])

    done = deploy("--passwords")

    assert unasked == {"password": "of last year"}
    assert server.grafana.secrets[uids.POSTGRES] == {"password": PASSWORD}
    assert f"update      data source {uids.POSTGRES}" in done.output


def test_clickhouse_is_there_where_it_is_configured(server: GrafanaServer, deploy: Deploy) -> None:
    deploy(HEADRACE_CLICKHOUSE_HOST="ch.example.org", HEADRACE_CLICKHOUSE_PASSWORD=CLICK)

    source = server.grafana.data_sources[uids.CLICKHOUSE]
    assert source["jsonData"]["host"] == "ch.example.org"
    assert "$" not in json.dumps(source)
    assert source["jsonData"]["username"] == "headrace_reader"
    assert server.grafana.secrets[uids.CLICKHOUSE] == {"password": CLICK}
    assert uids.ON_CLICKHOUSE in server.grafana.dashboards


def test_without_clickhouse_there_is_no_dashboard_on_it(
    server: GrafanaServer, deploy: Deploy
) -> None:
    deploy()

    assert uids.SINKS in server.grafana.dashboards
    assert uids.ON_CLICKHOUSE not in server.grafana.dashboards


def test_a_data_source_whose_address_is_not_said_is_left_as_it_is(
    server: GrafanaServer, deploy: Deploy
) -> None:
    unknown = deploy(HEADRACE_PROMETHEUS_URL=None, HEADRACE_READER_PASSWORD="")
    assert unknown.exit_code == 1
    assert server.writes == []
    assert "refused     data source headrace-postgres: not set: HEADRACE_READER_PASSWORD" in (
        unknown.output
    )

    deploy()
    known = deploy(HEADRACE_PROMETHEUS_URL=None, HEADRACE_READER_PASSWORD=None)

    assert known.exit_code == 0
    assert (
        "left alone  data source headrace-prometheus: not set: HEADRACE_PROMETHEUS_URL, "
        "so it stays as it is" in known.output.splitlines()
    )
