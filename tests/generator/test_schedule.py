"""Turns come when the profile of the day says, in whatever portions they are taken."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.profiles import PROFILES, Profile, ProfileName
from generator.schedule import Schedule
from generator.times import DAY, HOUR, MINUTE, SECOND

NOW = 1_795_341_900_123
PERIOD = 10 * SECOND


def schedule(
    events_per_second: float, profile: ProfileName = "flat", start: int = NOW, period: int = PERIOD
) -> Schedule:
    return Schedule(
        events_per_second=events_per_second, start=start, profile=PROFILES[profile], period=period
    )


def mean(profile: Profile, begin: int, end: int) -> float:
    times = range(begin, end, SECOND)
    return sum(map(profile.factor, times)) / len(times)


@given(
    places=st.integers(1, 1_000),
    elapsed=st.integers(0, 100_000),
    portions=st.lists(st.integers(0, 100)),
)
def test_due_is_exactly_the_turns_up_to_a_time(
    places: int, elapsed: int, portions: list[int]
) -> None:
    turns = schedule(places / 10)
    for portion in portions:
        list(turns.take(portion))
    taken = sum(portions)

    due = turns.due(NOW + elapsed)

    times = [NOW + turn * PERIOD // places for turn in range(taken + due + 1)]
    assert turns.places == places
    assert all(time <= NOW + elapsed for time in times[taken : taken + due])
    assert times[taken + due] > NOW + elapsed


def test_turns_are_evenly_spread() -> None:
    times = [time for time, _ in schedule(100).take(5_000)]

    assert {later - earlier for earlier, later in pairwise(times)} == {10}


@pytest.mark.parametrize("profile", PROFILES)
def test_the_rate_follows_the_profile(profile: ProfileName) -> None:
    midnight = NOW // DAY * DAY
    turns = schedule(2, profile, midnight, period=1_000 * SECOND)

    times = [time for time, _ in turns.take(turns.due(midnight + DAY))]

    for begin in range(midnight, midnight + DAY, HOUR):
        expected = 2 * HOUR / SECOND * mean(PROFILES[profile], begin, begin + HOUR)
        found = sum(begin <= time < begin + HOUR for time in times)
        assert found == pytest.approx(expected, rel=0.05)


def test_a_day_has_the_wanted_rate_as_its_mean_a_quiet_morning_and_a_busy_evening() -> None:
    daily = PROFILES["daily"]

    assert mean(daily, 0, DAY) == pytest.approx(1, abs=0.001)
    assert daily.factor(4 * HOUR) < 0.3
    assert daily.factor(20 * HOUR) == daily.most > 2


def test_a_spike_is_five_times_as_much_in_one_minute_of_ten() -> None:
    factor = PROFILES["spike"].factor

    assert [factor(minute * MINUTE) for minute in range(11)] == [5, *[1] * 9, 5]


@pytest.mark.parametrize("profile", PROFILES)
def test_no_moment_is_busier_than_the_profile_says(profile: ProfileName) -> None:
    factors = [PROFILES[profile].factor(second * SECOND) for second in range(0, 86_400, 7)]

    assert min(factors) > 0
    assert max(factors) <= PROFILES[profile].most
