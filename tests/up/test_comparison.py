"""Produced and stored are compared figure by figure, counting only what this run added."""

from collections.abc import Mapping

import pytest

from app.up.comparison import compare
from db.stored import Stored
from generator.report import Report

MINUTE = "2026-11-22T05:19:00Z"
EARLIER = "2026-11-22T04:00:00Z"
BEFORE = Stored(rows=100, dead_letters={"malformed": 1}, windows={f"{MINUTE}|Akamai": (100, 1_000)})


def report(
    rows: int = 30,
    dead_letters: Mapping[str, int] | None = None,
    windows: Mapping[str, list[int]] | None = None,
) -> Report:
    letters = dict({"malformed": 2} if dead_letters is None else dead_letters)
    return Report(
        done=True,
        produced=rows + sum(letters.values()),
        rows=rows,
        dead_letters=letters,
        windows=dict(windows or {f"{MINUTE}|Akamai": [20, 500], f"{EARLIER}|Fastly": [10, 50]}),
        events_per_second=1.0,
    )


def after(
    rows: int = 130,
    malformed: int = 3,
    akamai: tuple[int, int] = (120, 1_500),
    fastly: tuple[int, int] = (10, 50),
) -> Stored:
    windows = {f"{MINUTE}|Akamai": akamai, f"{EARLIER}|Fastly": fastly}
    return Stored(rows, {"malformed": malformed}, windows)


def test_what_this_run_added_is_what_it_produced() -> None:
    comparison = compare(report(), BEFORE, after())

    assert comparison.equal
    assert comparison.windows == 2
    assert [(total.what, total.produced, total.stored) for total in comparison.totals] == [
        ("records", 32, 32),
        ("rows", 30, 30),
        ("dead letters, malformed", 2, 2),
        ("events in windows", 30, 30),
        ("kilobits in windows", 550, 550),
    ]


@pytest.mark.parametrize(
    "stored",
    [
        pytest.param(after(rows=129), id="a row is lost"),
        pytest.param(after(rows=131), id="a row is there twice"),
        pytest.param(after(malformed=2), id="a dead letter is lost"),
        pytest.param(after(akamai=(120, 1_501)), id="kilobits are counted twice"),
        pytest.param(
            after(akamai=(119, 1_500), fastly=(11, 50)), id="an event is in the wrong window"
        ),
    ],
)
def test_any_difference_is_found(stored: Stored) -> None:
    assert not compare(report(), BEFORE, stored).equal


def test_windows_that_differ_are_named_though_the_totals_are_equal() -> None:
    comparison = compare(report(), BEFORE, after(akamai=(119, 1_500), fastly=(11, 50)))

    assert all(total.equal for total in comparison.totals)
    assert [(one.what, one.produced, one.stored) for one in comparison.differing_windows] == [
        (f"{EARLIER}|Fastly events", 10, 11),
        (f"{MINUTE}|Akamai events", 20, 19),
    ]


def test_a_reason_that_nobody_expected_is_a_difference() -> None:
    stored = Stored(130, {"malformed": 3, "expired": 1}, after().windows)

    comparison = compare(report(), BEFORE, stored)

    assert [one.what for one in comparison.totals if not one.equal] == [
        "records",
        "dead letters, expired",
    ]
