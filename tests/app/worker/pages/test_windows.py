"""Windows of all partitions together, with bars, and what there is of one key."""

import faust
import pytest

from app.worker.pages.facts import Number, Row, TableFacts, WindowRows
from app.worker.pages.tables import newest_of, rows_of, table_page
from app.worker.pages.windows import LiveWindow, exact, largest, merged
from batching.table import WindowTable
from models.all import STREAMS
from models.streams import Stream
from models.windows import Sum, Window

NOW, BEFORE = "2026-11-22T10:05Z", "2026-11-22T10:04Z"


def of(topic: str, name: str) -> tuple[Stream, Window]:
    stream = STREAMS[topic]
    return stream, next(window for window in stream.windows if window.name == name)


SESSIONS, BY_CDN = of("content_sessions", "traffic_by_cdn")
PURCHASES, BY_COUNTRY = of("purchases", "purchases_by_country")
TICKS, CANDLES = of("market_ticks", "candles_by_product")


def traffic(events: int) -> dict[str, Number]:
    return {"events": events, "kilobits": 10 * events, "session_seconds": 100 * events}


@pytest.fixture
def live() -> LiveWindow:
    """Make a live table with two partitions of one window, and one of the window before."""
    table = WindowTable(faust.App("test", store="memory://"), name=BY_CDN.name)
    table.data[f"{NOW}.p0"] = {"Akamai": traffic(1), "Fastly": traffic(5)}
    table.data[f"{NOW}.p1"] = {"Akamai": traffic(7)}
    table.data[f"{BEFORE}.p1"] = {'a"k|<b>': traffic(2), "Akamai": traffic(3)}
    return LiveWindow(BY_CDN, table)


def test_the_newest_window_has_its_partitions_added_up(live: LiveWindow) -> None:
    newest = live.newest(10)

    assert newest == WindowRows(NOW, 2, [Row("Akamai", traffic(8)), Row("Fastly", traffic(5))])


def test_only_the_largest_are_told_after_they_were_added_up(live: LiveWindow) -> None:
    newest = live.newest(1)

    assert [row.key for row in newest.rows] == ["Akamai"]  # 5 of Fastly are more than 1 of it
    assert newest.keys == 2


def test_a_key_is_found_in_all_windows(live: LiveWindow) -> None:
    facts = live.facts("", "Akamai", 10)

    assert facts.starts == [NOW, BEFORE]
    assert facts.found == {NOW: [Row("Akamai", traffic(8))], BEFORE: [Row("Akamai", traffic(3))]}


@pytest.mark.parametrize(
    ("text", "like"),
    [("AKA", ["Akamai"]), ('"k|<', ['a"k|<b>']), ("a", ["Akamai", "Fastly", 'a"k|<b>']), ("z", [])],
)
def test_a_part_of_a_key_finds_those_that_contain_it(
    live: LiveWindow, text: str, like: list[str]
) -> None:
    assert live.facts("", text, 10).like == like


def test_a_window_that_was_asked_for_is_given(live: LiveWindow) -> None:
    asked, nothing = live.facts(BEFORE, "", 10), live.facts("2001-01-01T00:00Z", "", 10)

    assert asked.window is not None
    assert {row.key for row in asked.window.rows} == {"Akamai", 'a"k|<b>'}
    assert nothing.window is None


def test_exact_decimals_are_added_exactly() -> None:
    window = Window("w", ("k",), (Sum("amount", of=("amount",), kind="numeric"),))
    rows = [Row("k", {"amount": "0.1"}, 0), Row("k", {"amount": "0.2"}, 1)]

    assert merged(window, rows) == [Row("k", {"amount": "0.3"})]


@pytest.mark.parametrize("told", ["no number", "NaN", "Infinity", ""])
def test_what_is_no_number_counts_as_none(told: str) -> None:
    assert exact(told) == 0


def test_a_first_or_last_value_is_not_made_up_from_two_partitions() -> None:
    """Nobody can say which of two closing prices came last: both are shown."""
    told: dict[str, Number] = {"trades": 1, "close": "5.0"}
    rows = [Row("BTC-USD", told, 0), Row("BTC-USD", told, 1), Row("ETH-USD", told, 1)]

    shown = rows_of(TICKS, CANDLES, NOW, merged(CANDLES, rows), 2).rows

    assert [(row.key, row.partition) for row in shown] == [
        ("BTC-USD", 0),
        ("BTC-USD", 1),
        ("ETH-USD", None),
    ]


def test_bars_go_by_the_first_measure_and_the_headlines_is_second() -> None:
    rows = [Row("a", {"trades": 4, "close": "9"}), Row("b", {"trades": 1, "close": "99"})]

    shown = rows_of(TICKS, CANDLES, NOW, largest(CANDLES, rows, 5), 2)

    assert list(shown.measures[:2]) == ["trades", "close"]
    assert [row.share for row in shown.rows] == [1.0, 0.25]


def test_a_page_adds_workers_up_and_takes_the_newest_window_of_any() -> None:
    one = TableFacts(
        [NOW, BEFORE],
        WindowRows(NOW, 1, [Row("Akamai", traffic(1))]),
        {NOW: [Row("Akamai", traffic(1))]},
        ["Akamai"],
    )
    late = TableFacts(
        [BEFORE],
        WindowRows(BEFORE, 1, [Row("Akamai", traffic(50))]),
        {BEFORE: [Row("Akamai", traffic(50))], NOW: [Row("Akamai", traffic(2))]},
        ["Akamai", "Akamai2"],
    )

    page = table_page(SESSIONS, BY_CDN, [one, late], "Akamai", {"http://gone:1": "why"})

    assert [row.numbers[0] for row in page.newest.rows] == [1]
    assert [(row.start, row.numbers[0]) for row in page.found.rows] == [(NOW, 3), (BEFORE, 50)]
    assert page.like == ["Akamai2"]
    assert page.silent == {"http://gone:1": "why"}


def test_another_version_without_a_measure_is_shown_without_it() -> None:
    rows = merged(BY_CDN, [Row("Akamai", {"events": 1}, 0), Row("Akamai", traffic(2), 1)])

    shown = rows_of(SESSIONS, BY_CDN, NOW, rows, 1)

    assert shown.rows[0].numbers == [3, None, None]


@pytest.mark.parametrize(
    ("told", "keys", "has_more"),
    [
        pytest.param([WindowRows(NOW, 3, [Row("a", {"events": 1})])], 3, False, id="one worker"),
        pytest.param([WindowRows(NOW, 1_000, [])], 1_000, True, id="as many as are kept"),
        pytest.param([WindowRows(NOW, 2, []), WindowRows(NOW, 9, [])], 9, True, id="not all told"),
        pytest.param([WindowRows("")], 0, False, id="nothing"),
        pytest.param(
            [
                WindowRows(NOW, 1, [Row("a", {"events": 1})]),
                WindowRows(NOW, 1, [Row("b", {"events": 1})]),
            ],
            2,
            False,
            id="all told",
        ),
    ],
)
def test_how_many_keys_there_are_is_said_as_far_as_it_is_known(
    told: list[WindowRows], keys: int, *, has_more: bool
) -> None:
    shown = newest_of(SESSIONS, BY_CDN, told, 10)

    assert (shown.keys, shown.has_more) == (keys, has_more)
