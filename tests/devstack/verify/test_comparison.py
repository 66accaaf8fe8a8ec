"""Produced and stored are compared figure by figure, counting only what this run added."""

from collections.abc import Mapping
from decimal import Decimal

import pytest

from db.stored import Numbers, Stored
from devstack.verify.comparison import Comparison, compare
from generator.report import Report, StreamReport
from generator.truth import Value

MINUTE = "2026-11-22T05:19:00Z"
EARLIER = "2026-11-22T04:00:00Z"
BEFORE = Stored(100, {"malformed": 1}, {"traffic_by_cdn": {f"{MINUTE}|Akamai": (100, 1_000)}})


def report(
    stream: str = "content_sessions",
    view: str = "traffic_by_cdn",
    windows: Mapping[str, list[Value]] | None = None,
    rows: int = 30,
    dead_letters: Mapping[str, int] | None = None,
) -> Report:
    letters = dict({"malformed": 2} if dead_letters is None else dead_letters)
    produced = rows + sum(letters.values())
    default: Mapping[str, list[Value]] = {
        f"{MINUTE}|Akamai": [20, 500],
        f"{EARLIER}|Fastly": [10, 50],
    }
    made = dict(windows or default)
    return Report(
        done=True,
        produced=produced,
        rows=rows,
        dead_letters=letters,
        events_per_second=1.0,
        streams={stream: StreamReport(produced, rows, letters, {view: made})},
    )


def after(
    rows: int = 130,
    malformed: int = 3,
    akamai: Numbers = (120, 1_500),
    fastly: Numbers = (10, 50),
) -> Stored:
    windows = {f"{MINUTE}|Akamai": akamai, f"{EARLIER}|Fastly": fastly}
    return Stored(rows, {"malformed": malformed}, {"traffic_by_cdn": windows})


def sessions(stored: Stored, said: Report | None = None) -> Comparison:
    return compare(said or report(), {"content_sessions": BEFORE}, {"content_sessions": stored})


def one_window(
    stream: str,
    view: str,
    produced: list[Value],
    stored: Numbers,
    before: Numbers | None = None,
) -> Comparison:
    """Compare a single window of a view."""
    key = f"{MINUTE}|key"
    was = {} if before is None else {key: before}
    return compare(
        report(stream, view, {key: produced}, rows=0, dead_letters={}),
        {stream: Stored(views={view: was})},
        {stream: Stored(views={view: {key: stored}})},
    )


def test_what_this_run_added_is_what_it_produced() -> None:
    comparison = sessions(after())

    assert comparison.equal
    assert comparison.windows == 2
    assert [(total.what, total.produced, total.stored) for total in comparison.totals] == [
        ("content_sessions: records", 32, 32),
        ("content_sessions: rows", 30, 30),
        ("content_sessions: dead letters, malformed", 2, 2),
        ("traffic_by_cdn: events", 30, 30),
        ("traffic_by_cdn: kilobits", 550, 550),
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
    assert not sessions(stored).equal


def test_windows_that_differ_are_named_though_the_totals_are_equal() -> None:
    comparison = sessions(after(akamai=(119, 1_500), fastly=(11, 50)))

    assert all(total.equal for total in comparison.totals)
    assert [(one.what, one.produced, one.stored) for one in comparison.differing_windows] == [
        (f"traffic_by_cdn {EARLIER}|Fastly events", 10, 11),
        (f"traffic_by_cdn {MINUTE}|Akamai events", 20, 19),
    ]


def test_a_reason_that_nobody_expected_is_a_difference() -> None:
    stored = Stored(130, {"malformed": 3, "expired": 1}, after().views)

    comparison = sessions(stored)

    assert [one.what for one in comparison.totals if not one.equal] == [
        "content_sessions: records",
        "content_sessions: dead letters, expired",
    ]


def test_rows_that_are_not_kept_are_not_compared() -> None:
    before, now = Stored(None, {}, {}), Stored(None, {"malformed": 2}, {})

    comparison = compare(report(), {"content_sessions": before}, {"content_sessions": now})

    assert comparison.equal
    assert [one.what for one in comparison.totals] == ["content_sessions: dead letters, malformed"]


def test_a_stream_that_nobody_produced_must_not_have_grown() -> None:
    stored = {"content_sessions": after(), "purchases": Stored(1)}

    comparison = compare(report(), {"content_sessions": BEFORE, "purchases": Stored(0)}, stored)

    assert [one.what for one in comparison.totals if not one.equal] == [
        "purchases: records",
        "purchases: rows",
    ]


@pytest.mark.parametrize(
    ("stored", "equal"),
    [
        pytest.param(Decimal("0.30"), True, id="other zeros at the end"),
        pytest.param(
            Decimal("0.3000000000000000000000000001"), False, id="the last of 28 decimals"
        ),
    ],
)
def test_money_is_compared_exactly(stored: Decimal, *, equal: bool) -> None:
    comparison = one_window(
        "purchases",
        "purchases_by_country",
        produced=[1, 1, "0.2"],
        before=(1, 1, Decimal("0.1")),
        stored=(2, 2, stored),
    )

    assert comparison.equal is equal


CANDLE: list[Value] = [2, "0.5", "10.0", "12", "9", "11", 100, 105]
"""trades, volume, open, high, low, close, first and last sequence"""


@pytest.mark.parametrize(
    ("before", "stored"),
    [
        pytest.param(
            None,
            (2, Decimal("0.5"), Decimal(10), Decimal(12), Decimal(9), Decimal(11), 100, 105),
            id="a new one",
        ),
        pytest.param(
            (1, Decimal(1), Decimal(8), Decimal(8), Decimal(8), Decimal(8), 90, 90),
            (3, Decimal("1.5"), Decimal(8), Decimal(12), Decimal(8), Decimal(11), 90, 105),
            id="after what was there",
        ),
        pytest.param(
            (1, Decimal(1), Decimal(20), Decimal(20), Decimal(20), Decimal(20), 200, 200),
            (3, Decimal("1.5"), Decimal(10), Decimal(20), Decimal(9), Decimal(20), 100, 200),
            id="before what was there",
        ),
        pytest.param(
            (1, Decimal(1), Decimal(10), Decimal(13), Decimal(10), Decimal(13), 105, 105),
            (3, Decimal("1.5"), Decimal(10), Decimal(13), Decimal(9), Decimal(13), 100, 105),
            id="the same sequence: the higher price closes",
        ),
    ],
)
def test_a_candle_must_be_what_was_there_merged_with_what_was_produced(
    before: Numbers | None, stored: Numbers
) -> None:
    comparison = one_window("market_ticks", "candles_by_product", CANDLE, stored, before)

    assert comparison.equal


@pytest.mark.parametrize("place", range(len(CANDLE)))
def test_every_number_of_a_candle_counts(place: int) -> None:
    right = [Decimal(number) if isinstance(number, str) else number for number in CANDLE]
    wrong = tuple(number + (at == place) for at, number in enumerate(right))

    comparison = one_window("market_ticks", "candles_by_product", CANDLE, wrong)

    assert len(comparison.differing_windows) == 1


def test_users_of_a_minute_are_compared_unless_it_held_some_before() -> None:
    fresh = one_window("user_activity", "user_event_summary", [10, 4], stored=(10, 5))
    shared = one_window("user_activity", "user_event_summary", [10, 4], (17, 5), before=(7, 3))
    wrong = one_window("user_activity", "user_event_summary", [10, 4], (18, 5), before=(7, 3))

    assert [one.what for one in fresh.differing_windows] == [
        f"user_event_summary {MINUTE}|key users"
    ]
    assert shared.equal
    assert not wrong.equal
