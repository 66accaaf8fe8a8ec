"""What somebody else made is never written to: all of it is refused before anything is written."""

from collections.abc import Callable
from copy import deepcopy

import pytest

from grafana import uids
from tests.grafana.deploy.conftest import Deploy
from tests.grafana.deploy.pretend_grafana import PretendGrafana
from tests.grafana.deploy.server import GrafanaServer
from tests.grafana.deploy.test_deploy import RULES

RULE = RULES[0]["uid"]


def a_folder(there: PretendGrafana) -> None:
    there.post_folder({"uid": uids.FOLDER, "title": "Water"})


def a_data_source(there: PretendGrafana) -> None:
    body = {"uid": uids.POSTGRES, "name": "Mine", "type": "mysql", "access": "proxy"}
    there.post_data_source(body)


def a_name(there: PretendGrafana) -> None:
    body = {"uid": "mine", "name": "Headrace", "type": "postgres", "access": "proxy"}
    there.post_data_source(body)


def a_dashboard(there: PretendGrafana) -> None:
    there.post_dashboard({"dashboard": {"uid": uids.MEDIA, "title": "Mine", "tags": ["tv"]}})


def a_rule(there: PretendGrafana) -> None:
    there.post_folder({"uid": "mine", "title": "Mine"})
    rule = {
        "uid": RULE,
        "folderUID": "mine",
        "ruleGroup": "mine",
        "title": "Mine",
        "condition": "A",
        "data": [{"refId": "A", "datasourceUid": "__expr__", "model": {}}],
        "noDataState": "OK",
        "execErrState": "OK",
        "for": "1m",
    }
    there.post_rule(rule, "")


@pytest.mark.parametrize(
    ("theirs", "what", "advice"),
    [
        (a_folder, f"folder {uids.FOLDER}", "is called 'Water'"),
        (a_data_source, f"data source {uids.POSTGRES}", "is of type mysql, not postgres"),
        (a_name, f"data source {uids.POSTGRES}", "called 'Headrace' (uid mine)"),
        (a_dashboard, f"dashboard {uids.MEDIA}", "without the tag 'headrace'"),
        (a_rule, f"alert rule {RULE}", "in another folder (uid mine)"),
    ],
)
def test_it_is_refused_with_what_to_do_and_nothing_is_written(
    server: GrafanaServer,
    deploy: Deploy,
    theirs: Callable[[PretendGrafana], None],
    what: str,
    advice: str,
) -> None:
    theirs(server.grafana)
    before = deepcopy(vars(server.grafana)["dashboards"]), deepcopy(server.grafana.rules)

    done = deploy()

    line = next(line for line in done.output.splitlines() if line.startswith("refused"))
    assert done.exit_code == 1
    assert what in line
    assert advice in line
    assert "Nothing was written" in done.output
    assert server.writes == []
    assert (server.grafana.dashboards, server.grafana.rules) == before


def test_the_same_titles_elsewhere_are_left_alone(server: GrafanaServer, deploy: Deploy) -> None:
    there = server.grafana
    there.post_dashboard({"dashboard": {"uid": "mine", "title": "Content steering"}})
    before = deepcopy(there.dashboards["mine"])

    assert deploy().exit_code == 0
    assert there.dashboards["mine"] == before


@pytest.mark.parametrize("path", ["folders", "dashboards/db"])
def test_a_title_that_is_taken_says_so(server: GrafanaServer, deploy: Deploy, path: str) -> None:
    there = server.grafana
    if path == "folders":
        there.post_folder({"uid": "mine", "title": uids.FOLDER_TITLE})
    else:
        there.post_folder({"uid": uids.FOLDER, "title": uids.FOLDER_TITLE})
        there.post_dashboard(
            {
                "dashboard": {"uid": "mine", "title": "Content steering"},
                "folderUid": uids.FOLDER,
            }
        )

    done = deploy()

    assert done.exit_code == 1
    assert "another one has its name, then rename that one" in done.output
    assert server.writes[-1] == f"POST /api/{path}"


def test_what_was_made_from_a_file_is_left_alone(server: GrafanaServer, deploy: Deploy) -> None:
    deploy()
    there = server.grafana
    there.data_sources[uids.PROMETHEUS] |= {"readOnly": True, "url": "http://elsewhere"}
    there.dashboards[uids.MEDIA]["meta"]["provisioned"] = True
    there.dashboards[uids.MEDIA]["dashboard"]["title"] = "From a file"
    there.rules[RULE] |= {"provenance": "file", "title": "From a file"}
    server.writes.clear()

    done = deploy()

    reason = "made from a file on that machine (provisioning): change it there"
    assert done.exit_code == 0
    assert server.writes == []
    for what in (f"data source {uids.PROMETHEUS}", f"dashboard {uids.MEDIA}", f"alert rule {RULE}"):
        assert f"left alone  {what}: {reason}" in done.output.splitlines()


def test_a_grafana_that_has_all_from_our_files_is_left_alone(
    server: GrafanaServer, deploy: Deploy
) -> None:
    deploy()
    there = server.grafana
    for source in there.data_sources.values():
        source["readOnly"] = True
    for dashboard in there.dashboards.values():
        dashboard["meta"]["provisioned"] = True
    for rule in there.rules.values():  # Grafana made their folder and its uid
        rule |= {"provenance": "file", "folderUID": "cefabc"}
    server.writes.clear()

    done = deploy()

    assert done.exit_code == 0, done.output
    assert server.writes == []
    assert not {"create", "update", "refused"} & {
        line.split()[0] for line in done.output.splitlines()
    }
