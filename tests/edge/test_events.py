"""`POST /v1/events/{stream}` to a real edge with a real Kafka behind it."""

import gzip
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from backports import zstd

from tests.edge.edge_process import Answer, EdgeProcess
from tests.edge.topics import everything
from tests.integration.events import heartbeat

STREAM = "content_sessions"
LINES = {"content-type": "application/x-ndjson"}


@pytest.mark.parametrize(
    "content_type",
    [pytest.param(kind, id=kind) for kind in ("application/json", "text/plain")],
)
@pytest.mark.parametrize(
    ("body", "count"),
    [
        pytest.param(heartbeat(), 1, id="an object"),
        pytest.param(json.dumps(json.loads(heartbeat()), indent=2).encode(), 1, id="over lines"),
        pytest.param(b"[" + b",".join([heartbeat()] * 3) + b"]", 3, id="an array"),
        pytest.param(b"\n".join([heartbeat()] * 3) + b"\n\n", 3, id="lines"),
        pytest.param(b"\r\n".join([heartbeat()] * 2), 2, id="lines of Windows"),
    ],
)
def test_events_are_taken_in_every_form(
    edge: EdgeProcess, content_type: str, body: bytes, count: int
) -> None:
    answer = edge.post(STREAM, body, content_type=content_type)

    assert (answer.status, answer.json) == (202, {"accepted": count, "refused": []})


def test_every_line_of_json_lines_is_judged_by_itself(edge: EdgeProcess) -> None:
    body = b"\n".join([heartbeat(), b"[", heartbeat()])

    answer = edge.post(STREAM, body, content_type="application/x-ndjson; charset=utf-8")

    assert answer.json["accepted"] == 2
    assert [(it["index"], it["reason"]) for it in answer.json["refused"]] == [(1, "malformed")]


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        pytest.param("gzip", gzip.compress(heartbeat(channel="gzip")), id="gzip"),
        pytest.param(
            "gzip", gzip.compress(b"") + gzip.compress(heartbeat(channel="gzip")), id="gzips"
        ),
        pytest.param("zstd", zstd.compress(heartbeat(channel="zstd")), id="zstd"),
    ],
)
def test_what_was_compressed_is_in_kafka_as_it_was_before(
    edge: EdgeProcess, coding: str, packed: bytes
) -> None:
    answer = edge.post(STREAM, packed, content_encoding=coding)

    assert answer.json == {"accepted": 1, "refused": []}
    last = everything(edge.topic(STREAM))[-1]
    assert json.loads(last.value() or b"")["channel"] == coding


def test_a_bad_event_does_not_hold_up_its_neighbours(edge: EdgeProcess) -> None:
    before = len(everything(edge.topic(STREAM)))
    good = [heartbeat(session_id="one"), heartbeat(session_id="two")]
    late = heartbeat(datetime.now(UTC) + timedelta(hours=1))

    answer = edge.post(STREAM, b"[" + b",".join([good[0], b'{"a": 1}', late, good[1]]) + b"]")

    assert answer.status == 202
    assert answer.json["accepted"] == 2
    assert [(it["index"], it["reason"]) for it in answer.json["refused"]] == [
        (1, "invalid"),
        (2, "from_the_future"),
    ]
    found = everything(edge.topic(STREAM))[before:]
    assert [(it.key(), it.value(), it.headers()) for it in found] == [
        (b"one", good[0], None),
        (b"two", good[1], None),
        (None, b'{"a": 1}', [("headrace.origin", b"edge, anyone")]),
        (None, late, [("headrace.origin", b"edge, anyone")]),
    ]


def test_nothing_is_taken_of_a_strict_request_with_a_bad_event(edge: EdgeProcess) -> None:
    before = len(everything(edge.topic(STREAM)))

    answer = edge.ask("POST", f"/v1/events/{STREAM}?strict=true", heartbeat() + b"\n" + b'{"a": 1}')

    assert answer.status == 400
    assert [it["index"] for it in answer.json["refused"]] == [1]
    assert "nothing was taken" in answer.json["detail"]
    assert len(everything(edge.topic(STREAM))) == before


def test_where_no_event_is_good_the_answer_is_400(edge: EdgeProcess) -> None:
    answer = edge.post(STREAM, b"{")

    assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json["refused"][0]["reason"] == "malformed"


def test_a_repeat_with_the_same_idempotency_key_is_not_stored_again(edge: EdgeProcess) -> None:
    before = len(everything(edge.topic(STREAM)))
    body = heartbeat()

    first = edge.post(STREAM, body, idempotency_key="a")
    repeat = edge.post(STREAM, body, idempotency_key="a")
    other = edge.post(STREAM, heartbeat(channel="other"), idempotency_key="a")

    assert (first.status, repeat.status, first.json) == (202, 202, repeat.json)
    assert repeat.headers["idempotent-replayed"] == "true"
    assert other.status == 422
    assert len(everything(edge.topic(STREAM))) == before + 1


def test_requests_that_come_together_are_answered_each_for_itself(edge: EdgeProcess) -> None:
    def send(number: int) -> tuple[int, Answer]:
        bad = b"[" if number % 3 == 0 else heartbeat(session_id=f"bad-{number}", channel=number)
        good = heartbeat(session_id=f"together-{number}")
        path = f"/v1/events/{STREAM}{'?strict=1' if number % 2 else ''}"
        return number, edge.ask("POST", path, good + b"\n" + bad, LINES)

    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(send, range(48)))

    for number, answer in answers:
        (refused,) = answer.json["refused"]
        assert refused["index"] == 1
        assert refused["reason"] == ("malformed" if number % 3 == 0 else "invalid")
        assert answer.status == (400 if number % 2 else 202)
    stored = Counter(record.key() for record in everything(edge.topic(STREAM)))
    for number in range(48):
        assert stored[f"together-{number}".encode()] == (0 if number % 2 else 1)
