"""What counts as of late neither starts anew nor jumps where a window ends."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.recent import Recent, last_whole

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SHOWN_AFTER = 1.5
"""Seconds that an event takes into the live tables."""


def steady_rate(length: int, now: datetime) -> float:
    """Give the rate that is made of windows into which one event came each second, until now."""
    recent = Recent(length, now)
    shown = now.timestamp() - SHOWN_AFTER
    begin = int(now.timestamp() // length - 2 * recent.seconds / length - 2) * length
    total = 0.0
    for start in range(begin, int(shown) + 1, length):
        held = max(min(shown - start, length), 0)
        total += held * recent.part(datetime.fromtimestamp(start, UTC))
    return total / recent.seconds


@given(st.sampled_from([1, 7, 10, 45, 60, 90, 300, 3_600]), st.floats(0, 7_200))
def test_a_steady_rate_is_right_at_every_moment(length: int, after: float) -> None:
    assert steady_rate(length, NOON + timedelta(seconds=after)) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(("length", "seconds"), [(10, 60), (45, 90), (60, 60), (300, 300)])
def test_it_is_a_minute_or_one_longer_window(length: int, seconds: int) -> None:
    assert Recent(length, NOON).seconds == seconds


def test_what_clients_say_will_be_does_not_count_yet() -> None:
    assert Recent(60, NOON).part(NOON + timedelta(minutes=1)) == 0


@pytest.mark.parametrize(
    ("length", "starts"),
    [
        pytest.param(60, [60], id="a minute"),
        pytest.param(10, [10, 20, 30, 40, 50, 60], id="a minute of shorter ones"),
        pytest.param(300, [300], id="one that is longer"),
    ],
)
def test_whole_windows_make_a_minute_or_more(length: int, starts: list[int]) -> None:
    found = list(last_whole(length, NOON + timedelta(seconds=9)))

    assert [NOON - start for start in found] == [timedelta(seconds=start) for start in starts]
