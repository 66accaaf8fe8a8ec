"""Events that are larger than Kafka takes: refused once and for all, and their neighbours taken."""

import json
from pathlib import Path

from devstack.engines import Kafka
from devstack.processes.watchdog import Watchdog
from tests.edge.edge_process import EdgeProcess, edge_process
from tests.edge.topics import allow, everything
from tests.integration.events import heartbeat

STREAM = "content_sessions"
LARGEST_BODY = 1_048_576


def padded(size: int) -> bytes:
    """Make a good event of so many bytes."""
    begun = heartbeat()[:-1] + b',"pad":"'
    return begun + b"x" * (size - len(begun) - 2) + b'"}'


def test_an_event_of_nearly_a_mebibyte_is_taken(edge: EdgeProcess) -> None:
    event = padded(1_040_000)

    answer = edge.post(STREAM, event)

    assert (answer.status, answer.json["accepted"]) == (202, 1)
    assert everything(edge.topic(STREAM))[-1].value() == event


def test_one_that_the_topic_does_not_take_is_refused_for_good(edge: EdgeProcess) -> None:
    before = len(everything(edge.topic(STREAM)))

    answer = edge.post(STREAM, padded(LARGEST_BODY))

    assert answer.status == 400
    assert [it["reason"] for it in answer.json["refused"]] == ["too_large"]
    assert "max.message.bytes" in answer.json["refused"][0]["detail"]
    assert len(everything(edge.topic(STREAM))) == before


def test_a_bad_one_is_told_what_is_wrong_with_it(edge: EdgeProcess) -> None:
    answer = edge.post(STREAM, json.dumps({"pad": "x" * (LARGEST_BODY - 11)}).encode())

    assert answer.status == 400
    assert [it["reason"] for it in answer.json["refused"]] == ["invalid"]


def test_its_neighbours_are_taken(edge: EdgeProcess) -> None:
    topic = edge.topic(STREAM)
    allow(topic, 600_000)
    before = len(everything(topic))

    answer = edge.post(STREAM, b"\n".join([heartbeat(), padded(700_000), heartbeat()]))

    assert answer.status == 202
    assert answer.json["accepted"] == 2
    assert [(it["index"], it["reason"]) for it in answer.json["refused"]] == [(1, "too_large")]
    assert len(everything(topic)) == before + 2


def test_a_topic_that_takes_less_than_a_batch_takes_each_event_alone(edge: EdgeProcess) -> None:
    topic = edge.topic(STREAM)
    allow(topic, 20_000)
    before = len(everything(topic))
    small = [padded(1_000 + number) for number in range(100)]

    answer = edge.post(STREAM, b"\n".join([*small[:50], padded(50_000), *small[50:], b"["]))

    assert answer.status == 202, answer.body
    assert answer.json["accepted"] == 100
    reasons = [(it["index"], it["reason"]) for it in answer.json["refused"]]
    assert reasons == [(50, "too_large"), (101, "malformed")]
    stored = everything(topic)[before:]
    assert sorted(record.value() or b"" for record in stored) == sorted([*small, b"["])
    assert [record.headers() for record in stored if record.value() == b"["] == [
        [("headrace.origin", b"edge, anyone")]
    ]


def test_what_goes_again_alone_does_not_wait_for_its_own_room(
    kafka: Kafka, tmp_path: Path, watchdog: Watchdog
) -> None:
    """More than half of what may wait: it was told to come again for ever, and stored in part."""
    edge = edge_process(
        kafka.address, tmp_path, watchdog, {"HEADRACE_EDGE_PENDING_BYTES": "1048576"}
    )
    edge.start()
    allow(edge.topic(STREAM), 20_000)

    answer = edge.post(STREAM, b"\n".join([padded(9_000)] * 100))

    assert (answer.status, answer.json.get("accepted")) == (202, 100), answer.body
    assert len(everything(edge.topic(STREAM))) == 100
    edge.child.stop()
