"""The past has what each panel is for: days, a launch, a bad evening, an hour that is missing."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cache
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from generator import history
from generator.clients import Simulation
from generator.content_sessions.networks import ASNS, LADDER_KBPS, PLATFORMS
from generator.records import Record
from generator.story import CUT_OFF, TROUBLED_CDN, Story
from generator.streams import SIMULATED
from generator.times import DAY, HOUR, MINUTE
from generator.traffic import Fractions
from generator.watched import mbps_by_cdn
from models.validation import Limits
from tests.generator.decoding import decode, rows

NOW = 1_795_341_900_123  # Sunday, 22 November 2026, 10:05 UTC
RATE = 2_000.0
STORY = Story(NOW)


@cache
def past(stream: str) -> tuple[dict[str, Any], ...]:
    """Give the rows of the past, times in milliseconds."""
    records = taken(stream)
    decoded = rows(decode(stream, records, NOW))
    time = next(name for name in ("time", "event_time") if name in decoded[0])
    return tuple(row | {"at": row[time] // 1_000} for row in decoded)


@cache
def taken(stream: str) -> list[Record]:
    made = history.past(Simulation(1, RATE, NOW), Fractions(), list(SIMULATED), DAY / 1_000)
    return made[stream].take(made[stream].due(NOW - 1))


def per_hour(some: Iterable[dict[str, Any]]) -> Counter[int]:
    return Counter(row["at"] // HOUR for row in some)


@pytest.mark.parametrize("stream", SIMULATED)
def test_it_lies_before_the_run_and_none_of_it_is_refused_but_what_is_bad(
    stream: str,
) -> None:
    records = taken(stream)

    decoded = decode(stream, records, NOW)
    refused = {letter.offset: letter.reason for letter in decoded.dead_letters}
    assert refused == {
        n: record.outcome for n, record in enumerate(records) if isinstance(record.outcome, str)
    }
    assert all(NOW - DAY <= row["at"] < NOW for row in past(stream))
    assert Limits().retention_seconds > 7 * DAY / 1_000


def test_a_day_is_as_many_records_as_a_worker_stores_in_seconds() -> None:
    assert sum(len(past(stream)) for stream in SIMULATED) == pytest.approx(518_400, rel=0.1)


@pytest.mark.parametrize("stream", SIMULATED)
def test_there_is_something_in_every_hour_more_of_it_by_day_than_by_night(stream: str) -> None:
    hours = per_hour(past(stream))

    shown = [hours[(NOW - DAY) // HOUR + n] for n in range(1, 24)]
    silent = shown.count(0)
    assert silent == (stream == CUT_OFF)
    assert max(shown) > 1.8 * sorted(shown)[silent + 1]


@pytest.mark.parametrize(
    ("stream", "times"),
    [
        pytest.param("media_events", 1.25, id="more is watched"),
        pytest.param("market_ticks", 0.45, id="less is traded"),
    ],
)
def test_a_weekend_differs(stream: str, times: float) -> None:
    noon = NOW // DAY * DAY + 12 * HOUR
    wednesday, saturday = STORY.factor(stream, noon - 4 * DAY), STORY.factor(stream, noon - DAY)

    assert saturday / wednesday == pytest.approx(times)


def test_traffic_is_that_of_the_run_though_there_are_fewer_records() -> None:
    wanted = sum(mbps_by_cdn(RATE, SIMULATED).values())

    kilobits = sum(
        row["video_profile_kbps"] * row["heartbeat_seconds"] for row in past("content_sessions")
    )

    assert kilobits / 1_000 / (DAY / 1_000) == pytest.approx(wanted, rel=0.25)


@pytest.mark.parametrize("hour", range(24))
def test_all_of_it_lies_in_the_last_day_whenever_that_ends(hour: int) -> None:
    end = NOW // DAY * DAY + hour * HOUR + 29 * MINUTE
    story = Story(end)
    minutes = range(end - DAY, end, MINUTE)

    launch = [time for time in minutes if story.is_launch(time)]
    trouble = [time for time in minutes if story.is_trouble(time)]
    cut_off = [time for time in minutes if story.is_cut_off(CUT_OFF, time)]

    assert (len(launch), len(trouble), len(cut_off)) == (120, 120, 60)
    assert not set(launch) & set(trouble)
    assert max(*launch, *trouble, *cut_off) < end - 29 * MINUTE


def test_it_ends_at_the_rate_that_the_run_begins_with() -> None:
    for stream in SIMULATED:
        assert STORY.factor(stream, NOW) == pytest.approx(1)
        steps = [STORY.factor(stream, NOW - n * MINUTE) for n in range(60)]
        assert all(abs(one - other) < 0.02 for one, other in pairwise(steps))


def test_one_cdn_has_a_bad_evening_in_which_its_players_step_down_and_leave_it() -> None:
    bitrates: dict[bool, list[int]] = defaultdict(list)
    carried: dict[bool, Counter[str]] = defaultdict(Counter)
    for row in past("content_sessions"):
        bad = STORY.is_trouble(row["at"])
        carried[bad][row["current_cdn"]] += 1
        if row["current_cdn"] == TROUBLED_CDN:
            bitrates[bad].append(row["video_profile_kbps"])

    mean = {bad: sum(found) / len(found) for bad, found in bitrates.items()}
    share = {bad: count[TROUBLED_CDN] / count.total() for bad, count in carried.items()}
    assert mean[True] < mean[False] / 2
    assert share[True] < 0.6 * share[False]


def test_a_launch_is_what_most_begin_to_watch() -> None:
    plays = [row for row in past("media_events") if row["event_type"] == "play"]
    during = Counter(row["content_id"] for row in plays if STORY.is_launch(row["at"]))
    else_ = Counter(row["content_id"] for row in plays if not STORY.is_launch(row["at"]))

    newest, count = during.most_common(1)[0]
    assert count > 0.3 * during.total()
    assert else_[newest] < 0.1 * else_.total()


def test_of_the_hour_that_is_missing_every_trade_is_missing_in_the_sequence() -> None:
    ticks = sorted((row for row in past(CUT_OFF)), key=lambda row: int(row["sequence"]))
    before = [row for row in ticks if row["product_id"] == "BTC-USD"]

    steps = [
        (later["sequence"] - earlier["sequence"], later["at"] - earlier["at"])
        for earlier, later in pairwise(before)
    ]

    missed, length = max(steps)
    assert HOUR <= length < HOUR + 5 * MINUTE
    assert missed > 200
    assert sorted(steps)[-2][0] <= 10


def test_a_bitrate_follows_the_network_and_the_device() -> None:
    by_network, by_device = defaultdict(list), defaultdict(list)
    for row in past("content_sessions"):
        by_network[row["asn"]].append(row["video_profile_kbps"])
        by_device[row["platform"]].append(row["video_profile_kbps"])

    def mean(found: list[int]) -> float:
        return sum(found) / len(found)

    slow = [asn for asn, likely in ASNS.items() if likely.rung <= 2]
    fast = [asn for asn, likely in ASNS.items() if likely.rung >= 5]
    assert max(mean(by_network[asn]) for asn in slow) < min(mean(by_network[asn]) for asn in fast)
    assert mean(by_device["android"]) < 0.7 * mean(by_device["tizen"])
    assert max(by_device["ios"]) <= LADDER_KBPS[PLATFORMS["ios"].rung + 1]


def test_the_json_says_how_much_viewing_a_heartbeat_stands_for() -> None:
    told = {
        msgspec.json.decode(record.value or b"{}").get("heartbeat_seconds")
        for record in taken("content_sessions")
        if not isinstance(record.outcome, str)
    }

    assert told == {round(10 * RATE / history.EVENTS_PER_SECOND)}
