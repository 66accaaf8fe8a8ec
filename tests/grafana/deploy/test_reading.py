"""How files become what the API takes, and what counts as a difference."""

from typing import Any

import pytest

from grafana.deploy.comparison import difference, seen_as
from grafana.deploy.environment import expand
from grafana.deploy.rules import rule_body, seconds
from grafana.deploy.wanted import Wanted


def test_variables_are_put_in_as_grafana_does() -> None:
    tree = {"a": "$HOST:${PORT}", "b": ["cost $$5", 7, None], "c": "$NOT and $NOT"}

    assert expand(tree, {"HOST": "db", "PORT": "5432"}) == (
        {"a": "db:5432", "b": ["cost $5", 7, None], "c": "$NOT and $NOT"},
        ("NOT",),
    )


def test_a_value_with_a_dollar_is_not_expanded_again() -> None:
    assert expand("$A", {"A": "pa$B$$word", "B": "x"}) == ("pa$B$$word", ())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0),
        ("0s", 0),
        ("90s", 90),
        ("1m30s", 90),
        ("1h", 3_600),
        ("500ms", 0.5),
        ("1d", 86_400),
    ],
)
def test_a_duration(text: str, expected: float) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "5", "1.5m", "m", "5 m"])
def test_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="no duration"):
        seconds(text)


def test_a_rule_of_a_file_gets_the_names_of_the_api() -> None:
    rule = {"uid": "u", "keepFiringFor": "5m", "dashboardUid": "d", "panelId": 7, "title": "$x"}

    assert rule_body(rule, "group") == {
        "uid": "u",
        "title": "$x",
        "keep_firing_for": "5m",
        "annotations": {"__dashboardUid__": "d", "__panelId__": "7"},
        "folderUID": "headrace",
        "ruleGroup": "group",
    }


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"a": 1}, {"a": 1, "id": 7}),
        ({"a": [{"b": 1}]}, {"a": [{"b": 1, "added": 2}]}),
        ({"a": None, "b": [], "c": {}, "d": ""}, {"d": None}),
    ],
)
def test_what_grafana_adds_or_leaves_out_is_no_difference(wanted: Any, found: Any) -> None:
    assert difference(wanted, found) == []
    assert seen_as(wanted, found) == wanted


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"a": 1}, {"a": 2}),
        ({"a": 1}, {}),
        ({"a": [1, 2]}, {"a": [1]}),
        ({"a": [1]}, {"a": [1, 2]}),
        ({"a": []}, {"a": [1]}),
        ({"a": False}, {"a": True}),
        ({"a": None}, {"a": False}),
        ({"a": 0}, {"a": "0"}),
    ],
)
def test_a_difference(wanted: Any, found: Any) -> None:
    assert difference(wanted, found)


def test_a_secret_is_in_no_repr() -> None:
    assert "hidden" not in repr(Wanted("data source", "u", {}, {"password": "hidden"}))
