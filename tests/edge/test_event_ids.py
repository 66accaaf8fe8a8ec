"""`?event_id=true`: events that come again, in whatever body, are stored once."""

import json
from collections.abc import Sequence

import pytest

from edge.event_ids import EventIds
from edge.problems import Problem
from tests.edge.clock import Clock
from tests.edge.edge_process import Answer, EdgeProcess
from tests.edge.topics import allow, everything
from tests.integration.events import heartbeat

STREAM = "content_sessions"


def event(event_id: str, asn: int = 3320) -> bytes:
    return heartbeat(event_id=event_id, session_id=event_id, asn=asn)


def post(edge: EdgeProcess, *events: bytes, query: str = "?event_id=true") -> Answer:
    return edge.ask("POST", f"/v1/events/{STREAM}{query}", b"\n".join(events))


def stored(edge: EdgeProcess, event_id: str) -> int:
    return [it.key() for it in everything(edge.topic(STREAM))].count(event_id.encode())


def test_an_event_that_comes_again_in_another_body_is_stored_once(edge: EdgeProcess) -> None:
    first = post(edge, event("a"), event("b"), event("a"))
    again = post(edge, event("b"), event("c"), heartbeat())
    only_repeats = post(edge, event("c"))

    assert first.json == {"accepted": 2, "repeated": 1, "refused": []}
    assert again.json == {"accepted": 2, "repeated": 1, "refused": []}
    assert (only_repeats.status, only_repeats.json["accepted"]) == (202, 0)
    assert [stored(edge, it) for it in "abc"] == [1, 1, 1]


def test_who_does_not_ask_for_it_has_every_event_stored(edge: EdgeProcess) -> None:
    answers = [post(edge, event("d"), query="") for _ in range(2)]

    assert [it.json for it in answers] == [{"accepted": 1, "refused": []}] * 2
    assert stored(edge, "d") == 2


def test_what_was_refused_may_come_again_and_is_told_by_its_place(edge: EdgeProcess) -> None:
    post(edge, event("e"))

    refused = post(edge, event("e"), event("f", asn=-1), event("g"))
    mended = post(edge, event("f"))

    assert refused.json["accepted"] == refused.json["repeated"] == 1
    assert [it["index"] for it in refused.json["refused"]] == [1]
    assert mended.json == {"accepted": 1, "refused": []}


def test_a_good_one_whose_id_a_bad_one_has_before_it_is_no_repeat(edge: EdgeProcess) -> None:
    bad, good = event("i", asn=-1), event("i")

    answer = post(edge, bad, good, bad, good)
    all_bad = post(edge, event("j", asn=-1), event("j", asn=-1))

    assert (answer.status, answer.json["accepted"], answer.json["repeated"]) == (202, 1, 1)
    assert [it["index"] for it in answer.json["refused"]] == [0, 2]
    assert stored(edge, "i") == 1
    assert (all_bad.status, len(all_bad.json["refused"])) == (400, 2)


def test_the_repeat_of_one_that_is_too_large_is_refused_as_that_was(edge: EdgeProcess) -> None:
    large = json.dumps(json.loads(event("k")) | {"pad": "x" * 500_000}).encode()
    topic = edge.topic(STREAM)
    allow(topic, 300_000)
    try:
        answer = post(edge, large, large, event("l"), event("l"))
    finally:
        allow(topic, 1_048_588)

    assert (answer.status, answer.json["accepted"], answer.json["repeated"]) == (202, 1, 1)
    assert [(it["index"], it["reason"]) for it in answer.json["refused"]] == [
        (0, "too_large"),
        (1, "too_large"),
    ]


def test_of_a_strict_request_that_was_not_taken_nothing_is_known(edge: EdgeProcess) -> None:
    refused = post(edge, event("h"), b"{}", query="?event_id=true&strict=true")

    assert refused.status == 400
    assert post(edge, event("h")).json == {"accepted": 1, "refused": []}


def test_where_no_event_has_an_id_none_can_be_a_repeat_and_nothing_is_taken(
    edge: EdgeProcess,
) -> None:
    before = len(everything(edge.topic(STREAM)))

    answer = post(edge, heartbeat(), heartbeat(event_id=7), b"{")

    assert answer.status == 400
    assert "no event here has an event_id" in answer.json["detail"]
    assert len(everything(edge.topic(STREAM))) == before


def places(ids: EventIds, events: Sequence[bytes], caller: str = "") -> Sequence[int]:
    """Claim, and say at once that Kafka has taken all."""
    fresh = ids.fresh(caller, STREAM, events)
    ids.settle(fresh, range(len(fresh.events)))
    return fresh.places


def test_callers_cannot_claim_ids_of_each_other() -> None:
    ids = EventIds(100, Clock())

    assert places(ids, [event("a")], "one") == [0]
    assert places(ids, [event("a")], "other") == [0]
    assert places(ids, [event("a")], "one") == []


def test_while_kafka_has_not_said_what_becomes_of_it_a_repeat_has_to_wait() -> None:
    ids = EventIds(100, Clock())
    under_way = ids.fresh("", STREAM, [event("a")])

    with pytest.raises(Problem, match="503"):
        ids.fresh("", STREAM, [event("b"), event("a")])

    ids.settle(under_way, ())
    assert places(ids, [event("b"), event("a")]) == [0, 1]


def test_ids_are_known_for_ten_minutes() -> None:
    clock = Clock()
    ids = EventIds(100, clock)
    places(ids, [event("a")])

    clock.now = 599
    assert places(ids, [event("a")]) == []
    clock.now = 1_201
    assert places(ids, [event("a")]) == [0]


@pytest.mark.parametrize("value", [b"", b"{", b"[]", b'{"event_id": 1}', b'{"event_id": null}'])
def test_what_has_no_id_is_no_repeat(value: bytes) -> None:
    ids = EventIds(100, Clock())

    assert places(ids, [value, value]) == [0, 1]
    assert places(ids, [value]) == [0]
