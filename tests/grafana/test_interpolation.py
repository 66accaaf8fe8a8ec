"""The stand-in for Grafana does what Grafana's own tests and sources say."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from tests.grafana.interpolation import ALL, Choice, Range, expanded, interpolated, relative

NOW = datetime(2026, 11, 22, 13, 5, 9, 250_000, tzinfo=UTC)
SEVERAL = {"name": "cdn", "multi": True, "includeAll": True, "allValue": "'*'"}
ONE = {"name": "currency", "multi": False, "includeAll": False}


@pytest.mark.parametrize(
    ("choice", "put_in"),
    [
        pytest.param(["Akamai"], "IN ('Akamai')", id="one of several"),
        pytest.param(["a", "O'Neill"], "IN ('a','O''Neill')", id="quotes are doubled"),
        pytest.param(ALL, "IN ('*')", id="All is put in as it is"),
    ],
)
def test_a_choice_of_several_brings_its_quotes(choice: Choice, put_in: str) -> None:
    assert interpolated("IN ($cdn)", [SEVERAL], {"cdn": choice}) == put_in


def test_a_choice_of_one_does_not() -> None:
    assert interpolated("= '$currency'", [ONE], {"currency": "O'"}) == "= 'O'''"


def test_longer_names_and_macros_are_no_variables() -> None:
    sql = "$cdn_name $__timeTo()"

    assert interpolated(sql, [SEVERAL], {"cdn": ALL}) == sql


def test_times_are_in_utc_without_trailing_zeros() -> None:
    start = datetime(2026, 11, 22, 14, tzinfo=timezone(timedelta(hours=1)))

    found = expanded("$__timeFilter(t) $__timeFrom()", Range(start, NOW))

    assert found == (
        "t BETWEEN '2026-11-22T13:00:00Z' AND '2026-11-22T13:05:09.25Z' '2026-11-22T13:00:00Z'"
    )


@pytest.mark.parametrize("sql", ["$__timeGroups(t)", "SELECT $nobody"])
def test_what_is_unknown_is_an_error(sql: str) -> None:
    with pytest.raises(ValueError, match=r"unknown|left over"):
        expanded(sql, Range(NOW, NOW))


@pytest.mark.parametrize(
    ("text", "time"),
    [
        pytest.param("now-7d", NOW - timedelta(days=7), id="seven days ago"),
        pytest.param("now/d", datetime(2026, 11, 22, tzinfo=UTC), id="midnight"),
    ],
)
def test_relative_times(text: str, time: datetime) -> None:
    assert relative(text, NOW) == time
