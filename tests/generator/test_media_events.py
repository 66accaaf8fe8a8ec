"""Viewers do what viewers can do, and say it in every version that there is."""

from collections import Counter, defaultdict
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from generator.clients import Simulation
from generator.records import Record
from generator.traffic import Fractions, Traffic

START = 1_795_341_900_123
ALL_GOOD = Fractions(0, 0, 0, 0)
AFTER = {"play": {"pause", "stop"}, "pause": {"play", "stop"}, "stop": set[str]()}


def records(count: int, fractions: Fractions = ALL_GOOD) -> list[Record]:
    return Traffic("media_events", Simulation(1, 20, START), fractions).take(count)


def events(some: list[Record]) -> list[dict[str, Any]]:
    return [msgspec.json.decode(record.value or b"") for record in some]


def sessions(some: list[Record]) -> list[list[dict[str, Any]]]:
    """Give each session's events in the order of their production; the key tells the session."""
    found = defaultdict(list)
    for record, event in zip(some, events(some), strict=True):
        found[record.key].append(event)
    return list(found.values())


def position(event: dict[str, Any]) -> float:
    """Give a position in seconds, whatever the version."""
    return float(event.get("current_timestamp", event.get("position_ms", 0) / 1_000))


def duration(event: dict[str, Any]) -> float:
    return float(event.get("duration_seconds", event.get("duration_ms", 0) / 1_000))


SESSIONS = sessions(records(40_000))


def test_a_session_plays_before_it_pauses_or_stops() -> None:
    assert len(SESSIONS) > 5_000
    for session in SESSIONS:
        assert session[0]["event_type"] == "play"
        for one, following in pairwise(session):
            assert following["event_type"] in AFTER[one["event_type"]]


def test_the_position_never_goes_back_but_by_a_seek_which_is_a_play_after_a_pause() -> None:
    back = Counter[tuple[str, str]]()
    for session in SESSIONS:
        for one, following in pairwise(session):
            if position(following) < position(one):
                back[one["event_type"], following["event_type"]] += 1

    assert set(back) == {("pause", "play")}


def test_a_position_lies_within_the_content_and_does_not_run_faster_than_time() -> None:
    for session in SESSIONS:
        assert all(0 <= position(event) <= duration(event) + 1 for event in session)


def test_all_versions_are_mixed_in_one_topic_and_an_unknown_minor_one_has_more_fields() -> None:
    versions = Counter(session[0]["schema_version"] for session in SESSIONS)

    share = {version: count / len(SESSIONS) for version, count in versions.items()}
    assert share == pytest.approx({"1.0": 0.35, "1.1": 0.4, "2.0": 0.23, "1.7": 0.02}, rel=0.2)
    unknown = [event for session in SESSIONS for event in session if "playback_rate" in event]
    assert {event["schema_version"] for event in unknown} == {"1.7"}


def test_a_session_keeps_its_version_its_viewer_and_what_is_watched() -> None:
    for session in SESSIONS:
        for field in ("schema_version", "user_id", "device_id", "content_id", "title"):
            assert len({event[field] for event in session}) == 1


def test_addresses_are_of_both_families_and_contents_of_all_types() -> None:
    flat = [event for session in SESSIONS for event in session]

    assert {":" in event["ip_address"] for event in flat} == {True, False}
    assert {event["content_type"] for event in flat} == {"movie", "episode", "ad"}
    assert len({event["event_id"] for event in flat}) == len(flat)


def test_sessions_that_were_watched_offline_play_before_they_stop_too() -> None:
    late = sessions(records(40_000, Fractions(0.5, 0, 0, 0)))

    for session in late:
        assert session[0]["event_type"] == "play"
        for one, following in pairwise(session):
            assert following["event_type"] in AFTER[one["event_type"]]
