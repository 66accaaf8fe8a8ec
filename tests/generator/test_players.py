"""Sessions begin, beat every ten seconds and end, at the wanted rate."""

from collections import defaultdict
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.clients import Simulation
from generator.content_sessions.experience import Experience
from generator.content_sessions.players import Players
from generator.content_sessions.sessions import PERIOD
from generator.profiles import PROFILES
from generator.times import DAY, MINUTE
from generator.watched import mbps_by_cdn
from tests.generator.decoding import decode, rows

NOW = 1_795_341_900_123


def beats(players: Players, count: int) -> list[dict[str, Any]]:
    """Give heartbeats as rows, times in milliseconds."""
    records = [players.record(time, place) for time, place in players.schedule.take(count)]
    return [
        row | {"time": row["time"] // 1_000} for row in rows(decode(STREAM, records, NOW + DAY))
    ]


STREAM = "content_sessions"


def times_by_session(beats: list[dict[str, Any]]) -> dict[str, list[int]]:
    sessions = defaultdict(list)
    for row in beats:
        sessions[row["session_id"]].append(row["time"])
    return sessions


@given(seed=st.integers(0, 5), rate=st.integers(1, 30), count=st.integers(1, 2_000))
@settings(max_examples=10)
def test_a_session_beats_every_ten_seconds(seed: int, rate: int, count: int) -> None:
    players = Players(Simulation(seed, rate, NOW))

    sessions = times_by_session(beats(players, count))

    for times in sessions.values():
        assert times == [times[0] + n * PERIOD for n in range(len(times))]


def test_a_session_that_was_cut_off_does_not_go_on_later() -> None:
    players = Players(Simulation(1, 20, NOW, PROFILES["spike"]))

    sessions = times_by_session(beats(players, 20 * 5 * 1_500))

    for times in sessions.values():
        assert times == [times[0] + n * PERIOD for n in range(len(times))]


def test_a_session_that_ended_leaves_its_place_to_one_that_begins() -> None:
    players = Players(Simulation(1, 1, NOW))

    sessions = times_by_session(beats(players, 20_000))

    begun = {times[0] for times in sessions.values()}
    ended = [times[-1] for times in sessions.values() if times[-1] < NOW + 19_000_000]
    assert len(ended) > 100
    assert all(time + PERIOD in begun for time in ended)


def test_sessions_change_their_bitrate_and_their_cdn_on_the_way() -> None:
    players = Players(Simulation(1, 10, NOW))
    cdns, bitrates = defaultdict(set), defaultdict(set)

    for row in beats(players, 20_000):
        cdns[row["session_id"]].add(row["current_cdn"])
        bitrates[row["session_id"]].add(row["video_profile_kbps"])

    assert any(len(seen) > 1 for seen in cdns.values())
    assert any(len(seen) > 2 for seen in bitrates.values())


def test_players_that_were_offline_send_whole_sessions_that_ended_before() -> None:
    players = Players(Simulation(1, 10, NOW))

    late = rows(decode(STREAM, [players.late(NOW) for _ in range(20_000)], NOW))

    sessions = times_by_session([row | {"time": row["time"] // 1_000} for row in late])
    for times in sessions.values():
        assert times == [times[0] + n * PERIOD for n in range(len(times))]
        assert NOW - times[-1] > MINUTE
        assert NOW - times[0] < DAY


def test_each_cdn_carries_about_as_much_as_is_told_in_advance() -> None:
    seconds, rate = 60, 1_000
    players = Players(Simulation(1, rate, NOW))
    watched: dict[str, float] = defaultdict(float)

    for beat in beats(players, seconds * rate):
        kilobits = beat["video_profile_kbps"] * beat["heartbeat_seconds"]
        watched[beat["current_cdn"]] += kilobits / 1_000 / seconds

    assert watched == pytest.approx(mbps_by_cdn(rate, [STREAM]), rel=0.05)


def test_players_say_how_it_goes_and_once_how_the_start_was() -> None:
    players = Players(Simulation(1, 10, NOW))
    starts: dict[str, list[bool]] = defaultdict(list)
    said = beats(players, 5_000)

    for row in said:
        starts[row["session_id"]].append(row["startup_ms"] is not None)

    old = [row for row in said if row["player"] is None]
    new = [row for row in said if row["player"] is not None]
    assert {row["platform"] for row in old} == {"roku"}
    assert {(row["rebuffer_ms"], row["throughput_kbps"]) for row in old} == {(None, None)}
    assert 0.005 < sum(row["rebuffer_ms"] > 0 for row in new) / len(new) < 0.1
    assert all(row["throughput_kbps"] > row["video_profile_kbps"] for row in new)
    for row in new:
        first, *others = starts[row["session_id"]]
        assert first
        assert not any(others)


@pytest.mark.parametrize("rung", [0, 3, 6])
def test_a_cdn_in_trouble_makes_viewers_wait(rung: int) -> None:
    experience, random = Experience(1), Random(1)

    def stalls(*, trouble: bool) -> int:
        moments = [
            experience.moment(random, rung, trouble=trouble, begins=False) for _ in range(2_000)
        ]
        return sum(moment.rebuffer_ms > 0 for moment in moments)

    assert stalls(trouble=True) > 2 * stalls(trouble=False)
