"""Records made from files have the keys and times that the streams' own producers give them."""

import json
import time

import pytest

from generator.clients import Simulation
from generator.traffic import Fractions, Traffic
from models.all import STREAMS
from sources.files.envelopes import Envelopes, time_fields


@pytest.mark.parametrize("topic", list(STREAMS))
def test_keys_and_times_are_those_of_the_generator(topic: str) -> None:
    now = time.time_ns() // 1_000_000
    simulation = Simulation(1, 20_000, now - 60_000)
    made = Traffic(topic, simulation, Fractions(late=0, out_of_order=0, bad=0)).take(1_000)
    stream = STREAMS[topic]

    records = Envelopes(stream, stream.key, own_time=True).records(
        [one.value or b"" for one in made]
    )

    keyed = [(key, one.key) for (_, key, _), one in zip(records, made, strict=True) if key]
    assert len(keyed) > 500  # older forms of media_events have no session
    assert all(ours == theirs for ours, theirs in keyed)
    assert all(now - 61_000 <= timestamp <= now + 1_000 for _, _, timestamp in records)


def test_a_key_may_be_a_number_and_a_time_may_be_missing_or_wrong() -> None:
    stream = STREAMS["media_events"]
    envelopes = Envelopes(stream, "user_id", own_time=True, clock=lambda: 2e9)
    values = [
        {"user_id": 5, "timestamp": "2026-11-25T10:00:00Z"},
        {"user_id": "a", "event_time": "2026-11-25T12:00:00.25+02:00"},
        {"user_id": None},
        {"timestamp": "yesterday"},
        {"timestamp": "1950-01-01T00:00:00Z"},
    ]

    found = [
        (key, timestamp)
        for one in (values, values[:2], values[:1])
        for _, key, timestamp in envelopes.records([json.dumps(value).encode() for value in one])
    ]

    at_ten = 1_795_600_800_000
    now = 2_000_000_000_000
    first = [(b"5", at_ten), (b"a", at_ten + 250)]
    assert found == [*first, (None, now), (None, now), (None, 0), *first, first[0]]
    assert time_fields(stream) == ["timestamp", "event_time"]
