"""A few users are behind much of what happens, and yet everybody comes."""

from collections import Counter
from typing import Any

import msgspec
import pytest

from generator.clients import Simulation
from generator.times import SECOND
from generator.traffic import Fractions, Traffic
from generator.user_activity.truth import ActivityWindows, Row

START = 1_795_341_900_000
ALL_GOOD = Fractions(0, 0, 0, 0)


def events(count: int, users: int, events_per_second: float = 1_000) -> list[dict[str, Any]]:
    simulation = Simulation(1, events_per_second, START, users=users)
    records = Traffic("user_activity", simulation, ALL_GOOD).take(count)
    return [msgspec.json.decode(record.value or b"") for record in records]


@pytest.mark.parametrize("users", [100, 1_000, 10_000])
def test_the_busiest_hundredth_of_the_users_makes_at_least_a_fifth_of_the_events(
    users: int,
) -> None:
    busiest = Counter(event["user_id"] for event in events(100_000, users)).most_common()

    top = sum(count for _, count in busiest[: users // 100])
    assert 0.2 <= top / 100_000 <= 0.4
    assert busiest[0][1] / 100_000 < 0.5


def test_everybody_comes_within_a_minute_where_there_are_enough_events() -> None:
    minute = events(120_000, users=10_000)  # as 100,000 at 20,000 events/s

    seen = {event["user_id"] for event in minute}

    assert len(seen) >= 9_950


def test_one_user_is_possible() -> None:
    assert {event["user_id"] for event in events(1_000, users=1)} == {"user_0000000"}


def test_a_user_views_a_page_before_clicking_or_scrolling_on_it() -> None:
    viewing: dict[str, str] = {}
    for event in events(50_000, users=1_000):
        if event["event_type"] == "view":
            viewing[event["user_id"]] = event["page"]
        assert event["page"] == viewing[event["user_id"]]
        assert (event["element"] is not None) == (event["event_type"] == "click")


def test_a_user_stays_in_a_country_and_with_a_device() -> None:
    seen: dict[str, tuple[str, str]] = {}
    for event in events(50_000, users=1_000):
        at = (event["country"], event["device"])
        assert seen.setdefault(event["user_id"], at) == at

    countries = Counter(country for country, _ in seen.values())
    assert countries.most_common(1)[0][0] == "US"
    assert len(countries) > 20


def test_times_keep_up_with_the_rate() -> None:
    assert events(3, users=10, events_per_second=2)[2]["event_time"].endswith(":01.000Z")
    assert START % SECOND == 0


def test_users_of_a_minute_are_counted_once_for_each_type() -> None:
    windows = ActivityWindows()

    for user in (0, 7, 8, 99_999, 7):
        windows.add(Row(29_922_365, user, "view"), 2)
    windows.add(Row(29_922_365, 7, "click"), 1)

    assert windows.views()["user_event_summary"] == {
        "2026-11-22T10:05:00Z|view": [10, 4],
        "2026-11-22T10:05:00Z|click": [1, 1],
    }
