"""Freshness is that of the last ten seconds."""

import pytest

from telemetry.stats import Freshness


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_nothing_came_and_nothing_is_known(clock: Clock) -> None:
    assert Freshness(clock).quantiles() == {"p50": None, "p99": None}


def test_quantiles_are_those_of_the_ages(clock: Clock) -> None:
    freshness = Freshness(clock)

    for age in range(1, 101):
        freshness.add([10_000 - age], now=10_000)

    assert freshness.quantiles() == {"p50": 0.05, "p99": 0.099}


def test_what_is_older_than_ten_seconds_is_forgotten(clock: Clock) -> None:
    freshness = Freshness(clock)
    freshness.add([0], now=9_000)

    clock.now = 10.5
    freshness.add([0], now=1_000)

    assert freshness.quantiles() == {"p50": 1.0, "p99": 1.0}
