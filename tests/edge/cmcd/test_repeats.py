"""Repeats are known for a bounded time, in bounded memory, and only once Kafka has the first."""

import pytest

from edge.cmcd.repeats import Repeats, key_of
from tests.edge.clock import Clock


def test_a_report_is_new_until_it_is_kept() -> None:
    repeats, key = Repeats(Clock()), key_of("s-1", "/v1/cmcd", 7)

    assert repeats.claim(key) == "new"
    assert repeats.claim(key) == "under_way"
    repeats.drop([key])
    assert repeats.claim(key) == "new"
    repeats.keep([key])
    assert repeats.claim(key) == "repeat"


@pytest.mark.parametrize(
    "other",
    [key_of("s-2", "/v1/cmcd", 7), key_of("s-1", "/v1/cmcd/b", 7), key_of("s-1", "/v1/cmcd", 8)],
)
def test_session_target_and_number_tell_reports_apart(other: bytes) -> None:
    repeats, key = Repeats(Clock()), key_of("s-1", "/v1/cmcd", 7)
    repeats.claim(key)
    repeats.keep([key])

    assert repeats.claim(other) == "new"


@pytest.mark.parametrize(("after", "found"), [(599, "repeat"), (1_201, "new")])
def test_it_is_known_for_ten_minutes_and_forgotten_after_twenty(after: float, found: str) -> None:
    clock = Clock()
    repeats, key = Repeats(clock, seconds=600), key_of("s-1", "/v1/cmcd", 7)
    clock.now = 300
    repeats.claim(key)
    repeats.keep([key])
    for step in range(1, 11):
        clock.now = 300 + after * step / 10
        repeats.claim(key_of("another", "", step))

    assert repeats.claim(key) == found


def test_memory_has_a_bound_and_the_newest_stay() -> None:
    repeats = Repeats(Clock(), most=1_000)
    keys = [key_of("s", "", number) for number in range(10_000)]

    for key in keys:
        repeats.claim(key)
        repeats.keep([key])

    assert len(repeats) <= 1_000
    assert all(repeats.claim(key) == "repeat" for key in keys[-500:])
    assert repeats.claim(keys[0]) == "new"


def test_a_long_quiet_forgets_all() -> None:
    clock = Clock()
    repeats, key = Repeats(clock, seconds=600), key_of("s-1", "", 1)
    repeats.claim(key)
    repeats.keep([key])
    clock.now = 100_000

    assert repeats.claim(key) == "new"
    assert len(repeats) == 0
