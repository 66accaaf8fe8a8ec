"""What stands in the dashboard files: what Grafana needs to show them at the first start."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from db.queries import load
from grafana import uids
from grafana.dashboards import operations
from grafana.generated import generated, panel_ids
from grafana.queries import Sql, by_window
from tests.grafana.files import FILES, dashboard, panels, variables

EACH = pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in FILES])

# panels that come with Grafana 9.4 and with current versions
BUNDLED = {
    *("barchart", "bargauge", "candlestick", "gauge", "geomap", "heatmap", "histogram"),
    *("piechart", "row", "stat", "state-timeline", "status-history", "table", "text"),
    "timeseries",
}
PARTS_OF_A_WHOLE = {
    *("Traffic by CDN", "Traffic by CDN, by hour", "Share of traffic"),
    *("Changes of CDN a minute, last hour", "Missing sequence numbers"),
    *("Dead letters by reason", "Sink errors and retries"),
}
WITHOUT_A_UNIT = {"row", "state-timeline", "text"}
SOURCES = {uids.POSTGRES: "postgres", uids.PROMETHEUS: "prometheus"}


def test_committed_files_are_what_the_code_makes() -> None:
    different = [
        path.name
        for path, text in generated().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]

    assert not different, "run: python -m grafana"


def test_two_panels_of_one_title_are_refused_since_alerts_link_by_it() -> None:
    built = operations.dashboard()
    assert built.panels is not None
    built.panels[2].title = built.panels[1].title

    with pytest.raises(
        ValueError, match=r"two panels of headrace-operations are called 'Records a second'"
    ):
        panel_ids([built])


def test_every_dashboard_has_a_pinned_uid_of_its_own() -> None:
    pinned = {getattr(uids, name) for name in dir(uids) if name.isupper()}
    found = [dashboard(path)["uid"] for path in FILES]

    assert len(found) == len(set(found)) >= 5
    assert set(found) <= pinned


@EACH
def test_a_file_is_a_dashboard_by_the_types_of_the_sdk(path: Path) -> None:
    register_default_plugins()
    found = dashboard(path)

    read = json.loads(json.dumps(Dashboard.from_json(found), cls=JSONEncoder))

    assert read == {name: value for name, value in found.items() if name != "id"}


@EACH
def test_grafana_gives_the_id_and_the_viewer_the_time_zone(path: Path) -> None:
    found = dashboard(path)

    assert found["id"] is None
    assert found["timezone"] == "browser"
    assert found["refresh"] in {"10s", "30s"}
    assert found["tags"] == [uids.TAG]
    assert [link["tags"] for link in found["links"]] == [[uids.TAG]]


@EACH
def test_panels_have_numbers_and_places_of_their_own(path: Path) -> None:
    found = dashboard(path)["panels"]
    taken: set[tuple[int, int]] = set()

    for panel in found:
        place = panel["gridPos"]
        cells = {
            (place["x"] + right, place["y"] + down)
            for right in range(place["w"])
            for down in range(place["h"])
        }
        assert place["x"] + place["w"] <= 24, panel["title"]
        assert not cells & taken, panel["title"]
        taken |= cells
    assert len(found) == len({panel["id"] for panel in found})


@EACH
def test_every_panel_names_its_data_source_everywhere(path: Path) -> None:
    for panel in panels(dashboard(path)):
        assert panel["type"] in BUNDLED
        assert "libraryPanel" not in panel
        sources = [panel["datasource"], *(target["datasource"] for target in panel["targets"])]
        assert all(SOURCES[source["uid"]] == source["type"] for source in sources)
        assert len({source["uid"] for source in sources}) == 1
        letters = [target["refId"] for target in panel["targets"]]
        assert len(letters) == len(set(letters)) >= 1


@EACH
def test_every_panel_says_what_it_shows_and_what_to_do(path: Path) -> None:
    for panel in panels(dashboard(path)):
        text = panel["description"]
        assert len(text) > 40, panel["title"]
        assert re.search(r"[.:]$", text), panel["title"]
        assert "red" not in colours(panel) or re.search(r"[Rr]ed\b|runbook", text), panel["title"]


def colours(panel: Any) -> set[str]:
    steps = list(panel["fieldConfig"]["defaults"]["thresholds"]["steps"])
    for override in panel["fieldConfig"]["overrides"]:
        for one in override["properties"]:
            if one["id"] == "thresholds":
                steps += one["value"]["steps"]
    return {step["color"] for step in steps}


@EACH
def test_colours_are_those_that_the_oldest_grafana_knows(path: Path) -> None:
    for panel in panels(dashboard(path)):
        mode = panel["fieldConfig"]["defaults"]["color"]["mode"]
        assert mode in {"palette-classic", "thresholds", "fixed"}, panel["title"]


@EACH
def test_every_number_has_a_unit(path: Path) -> None:
    for panel in panels(dashboard(path)):
        of_columns = [
            one["id"]
            for override in panel["fieldConfig"]["overrides"]
            for one in override["properties"]
        ]
        has_unit = panel["fieldConfig"]["defaults"].get("unit") or "unit" in of_columns
        assert has_unit or panel["type"] in WITHOUT_A_UNIT, panel["title"]


@EACH
def test_only_parts_of_a_whole_are_stacked(path: Path) -> None:
    for panel in panels(dashboard(path)):
        custom = panel["fieldConfig"]["defaults"].get("custom", {})
        is_stacked = custom.get("stacking", {"mode": "none"})["mode"] != "none"
        assert is_stacked == (panel["title"] in PARTS_OF_A_WHOLE), panel["title"]


@EACH
def test_every_variable_begins_with_all_or_has_nothing_chosen(path: Path) -> None:
    for variable in variables(dashboard(path)):
        assert SOURCES[variable["datasource"]["uid"]] == variable["datasource"]["type"]
        assert variable["multi"] == variable["includeAll"]
        assert variable["id"] == variable["name"], "Grafana takes those with one id for one"
        value = variable["current"]["value"]
        assert value == (["$__all"] if variable["multi"] else "")
        is_sql = variable["datasource"]["uid"] == uids.POSTGRES
        assert variable.get("allValue") == (
            ("'*'" if is_sql else ".*") if variable["multi"] else None
        )


@EACH
def test_every_statement_is_asked(path: Path) -> None:
    sql = path.with_suffix(".sql")
    found = dashboard(path)
    used = {
        variable["query"]
        for variable in variables(found)
        if variable["datasource"]["uid"] == uids.POSTGRES
    } | {
        target["rawSql"]
        for panel in panels(found)
        for target in panel["targets"]
        if "rawSql" in target
    }

    statements = set(load(sql).values()) if sql.exists() else set()

    made_lines = {by_window(Sql(text)).text: text for text in statements}
    assert {made_lines.get(text, text) for text in used} == statements
