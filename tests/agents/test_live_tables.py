"""Live tables hold the newest totals of the last hour."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import faust
import pytest

from agents.live_tables import LiveTables
from batching.table import WindowTable
from models.windows import Sum, Window

WINDOW = Window("traffic", keys=("cdn", "asn"), measures=(Sum("events"), Sum("kilobits")))
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
START = int(NOON.timestamp()) * 1_000_000
MINUTE = 60 * 1_000_000


class QuietTable(WindowTable):
    """A table whose changelog takes nothing unless told so: there is no Kafka here."""

    ready = True

    def takes(self, key: str) -> bool:
        del key
        return self.ready

    def on_key_set(self, key: object, value: object) -> None: ...
    def on_key_del(self, key: object) -> None: ...


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def table() -> QuietTable:
    return QuietTable(faust.App("test"), name=WINDOW.name)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def live(table: QuietTable, clock: Clock) -> LiveTables:
    return LiveTables({WINDOW: table}, clock)


def test_totals_show_by_window_partition_and_key(live: LiveTables, table: QuietTable) -> None:
    live.offer({WINDOW: {(START, 0, "Akamai", 1): (2, 30), (START, 3, "Fastly", 2): (1, 10)}})
    live.apply()

    assert dict(table.data) == {
        "2026-11-22T12:00Z.p0": {"Akamai|1": {"events": 2, "kilobits": 30}},
        "2026-11-22T12:00Z.p3": {"Fastly|2": {"events": 1, "kilobits": 10}},
    }


def test_keys_that_hold_a_bar_stay_two(table: QuietTable, clock: Clock) -> None:
    pairs = Window("plays", keys=("content_id", "title"), measures=(Sum("events"),))
    live = LiveTables({pairs: table}, clock)

    live.offer({pairs: {(START, 0, "a|b", "c"): (2,), (START, 0, "a", "b|c"): (5,)}})
    live.apply()

    assert table.data["2026-11-22T12:00Z.p0"] == {
        "a%7Cb|c": {"events": 2},
        "a|b%7Cc": {"events": 5},
    }


def test_newer_totals_replace_older_ones_key_by_key(live: LiveTables, table: QuietTable) -> None:
    live.offer({WINDOW: {(START, 0, "Akamai", 1): (1, 1), (START, 0, "Fastly", 1): (5, 5)}})
    live.apply()
    live.offer({WINDOW: {(START, 0, "Akamai", 1): (2, 2)}})
    live.offer({WINDOW: {(START, 0, "Akamai", 1): (3, 3)}})
    live.apply()

    events = {key: value["events"] for key, value in table.data["2026-11-22T12:00Z.p0"].items()}
    assert events == {"Akamai|1": 3, "Fastly|1": 5}


def test_windows_leave_after_an_hour(live: LiveTables, table: QuietTable, clock: Clock) -> None:
    live.offer({WINDOW: {(START - 60 * MINUTE, 0, "A", 1): (1, 1), (START, 0, "A", 1): (1, 1)}})
    live.apply()
    assert len(table.data) == 2

    clock.now += timedelta(seconds=1)
    live.apply()

    assert list(table.data) == ["2026-11-22T12:00Z.p0"]


def test_of_long_windows_the_last_whole_one_is_kept_too(table: QuietTable, clock: Clock) -> None:
    hours = replace(WINDOW, seconds=7_200)
    live = LiveTables({hours: table}, clock)
    clock.now += timedelta(minutes=119)
    starts = [START + nth * 120 * MINUTE for nth in (-2, -1, 0)]

    live.offer({hours: {(start, 0, "A", 1): (1, 1) for start in starts}})
    live.apply()

    assert list(table.data) == ["2026-11-22T10:00Z.p0", "2026-11-22T12:00Z.p0"]


def test_late_totals_of_long_ago_are_not_shown(live: LiveTables, table: QuietTable) -> None:
    live.offer({WINDOW: {(START - 61 * MINUTE, 0, "A", 1): (1, 1)}})
    live.apply()

    assert not table.data


def test_the_thousand_largest_keys_are_kept(live: LiveTables, table: QuietTable) -> None:
    live.offer({WINDOW: {(START, 0, "A", asn): (asn, 1) for asn in range(1_500)}})
    live.apply()

    kept = table.data["2026-11-22T12:00Z.p0"]
    assert set(kept) == {f"A|{asn}" for asn in range(500, 1_500)}


def test_partitions_that_left_are_forgotten_with_their_news(
    live: LiveTables, table: QuietTable
) -> None:
    live.offer({WINDOW: {(START, partition, "A", 1): (1, 1) for partition in (0, 1)}})
    live.apply()
    live.offer({WINDOW: {(START + MINUTE, partition, "A", 1): (1, 1) for partition in (0, 1)}})

    live.drop_partitions([0])
    live.apply()

    assert list(table.data) == ["2026-11-22T12:00Z.p1", "2026-11-22T12:01Z.p1"]


def test_news_wait_until_the_changelog_takes_them(live: LiveTables, table: QuietTable) -> None:
    table.ready = False
    live.offer({WINDOW: {(START, 0, "A", 1): (1, 1), (START, 0, "B", 1): (1, 1)}})
    live.apply()
    assert not table.data
    live.offer({WINDOW: {(START, 0, "A", 1): (2, 2)}})

    table.ready = True
    live.apply()

    events = {key: value["events"] for key, value in table.data["2026-11-22T12:00Z.p0"].items()}
    assert events == {"A|1": 2, "B|1": 1}


def test_large_entries_are_written_seldom_and_lose_nothing(
    live: LiveTables, table: QuietTable, clock: Clock
) -> None:
    live.offer({WINDOW: {(START, 0, "A", asn): (1, 1) for asn in range(200)}})
    live.apply()
    live.offer({WINDOW: {(START, 0, "A", 7): (2, 2)}})
    live.apply()
    early = table.data["2026-11-22T12:00Z.p0"]["A|7"]["events"]
    clock.now += timedelta(seconds=10)
    live.apply()

    assert (early, table.data["2026-11-22T12:00Z.p0"]["A|7"]["events"]) == (1, 2)
