"""Spans are cut where no window is."""

import pytest

from sinks.postgres.recompute_steps import HOUR, Span, block_of, outward, runs, steps

DAY = 24 * HOUR


@pytest.mark.parametrize(
    ("span", "lengths", "expected"),
    [
        pytest.param(Span(61, 119), [60], Span(60, 120), id="a part of one window"),
        pytest.param(Span(60, 120), [60], Span(60, 120), id="a whole window"),
        pytest.param(Span(60, 121), [60, 10], Span(60, 180), id="two lengths"),
        pytest.param(Span(61, 62), [60, 7], Span(0, 420), id="lengths that fit nothing but zero"),
        pytest.param(Span(-61, -60), [60], Span(-120, -60), id="before 1970"),
    ],
)
def test_a_span_is_rounded_outward_to_whole_windows(
    span: Span, lengths: list[int], expected: Span
) -> None:
    assert outward(span, block_of(lengths)) == expected


@pytest.mark.parametrize(
    ("span", "block", "cuts"),
    [
        pytest.param(Span(0, 2 * HOUR), 60, [0, HOUR, 2 * HOUR], id="hours"),
        pytest.param(Span(60, HOUR + 60), 60, [60, HOUR, HOUR + 60], id="parts of hours"),
        pytest.param(Span(60, 120), 60, [60, 120], id="less than an hour"),
        pytest.param(Span(-HOUR, HOUR), 60, [-HOUR, 0, HOUR], id="around 1970"),
        pytest.param(Span(0, 2 * 5_400), 5_400, [0, 5_400, 10_800], id="windows of 90 minutes"),
        pytest.param(Span(0, 7_210), 7, [0, 3_605, 7_210], id="windows that no hour holds whole"),
        pytest.param(Span(DAY, 3 * DAY), DAY, [DAY, 2 * DAY, 3 * DAY], id="days"),
    ],
)
def test_steps_are_hours_or_as_many_windows_as_an_hour_begins(
    span: Span, block: int, cuts: list[int]
) -> None:
    cut = steps(span, block)

    assert [cut[0].begin, *(step.end for step in cut)] == cuts
    assert [step.begin for step in cut] == cuts[:-1]


@pytest.mark.parametrize(
    ("starts", "expected"),
    [
        pytest.param([], [], id="none"),
        pytest.param([60], [Span(60, 120)], id="one"),
        pytest.param([0, 60, 180, 240, 360], [Span(0, 120), Span(180, 300), Span(360, 420)]),
    ],
)
def test_blocks_that_follow_on_each_other_are_one_run(
    starts: list[int], expected: list[Span]
) -> None:
    assert list(runs(starts, 60)) == expected
