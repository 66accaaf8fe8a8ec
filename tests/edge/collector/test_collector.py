"""`/v1/cmcd` to a real edge with a real Kafka behind it."""

import gzip
import json
import time
from datetime import UTC, datetime
from urllib.parse import quote
from uuid import uuid4

import pytest

from tests.edge.edge_process import Answer, EdgeProcess
from tests.edge.kafka_records import end_of, events_of, read_all

DICTIONARIES = {"content-type": "application/cmcd"}
STREAM = "content_sessions"


@pytest.fixture
def sid() -> str:
    return f"s-{uuid4()}"


def interval(sid: str, number: int, **members: str) -> str:
    """Make an event `t` of a player that plays."""
    more = "".join(f",{key}={value}" for key, value in members.items())
    now = time.time_ns() // 1_000_000
    return (
        f'br=(3200;v),cid="film",cdn="fastly",e=t,sid="{sid}",sn={number},sta=p,ts={now},v=2{more}'
    )


def post(edge: EdgeProcess, *lines: str, path: str = "/v1/cmcd") -> Answer:
    return edge.ask("POST", path, "\n".join(lines) + "\n", DICTIONARIES)


def report(accepted: int = 0, passed: int = 0, repeated: int = 0) -> dict[str, object]:
    return {"accepted": accepted, "passed": passed, "repeated": repeated, "refused": []}


def test_event_mode_becomes_heartbeats(edge: EdgeProcess, sid: str) -> None:
    answer = post(edge, interval(sid, 1), interval(sid, 2), path="/v1/cmcd?platform=tv&player=p")

    assert (answer.status, answer.json) == (202, report(accepted=2))
    first, second = events_of(edge.topic(STREAM), sid)
    assert first["heartbeat_seconds"] == second["heartbeat_seconds"] == 30
    assert (first["channel"], first["current_cdn"]) == ("film", "fastly")
    assert (first["video_profile_kbps"], first["platform"], first["player"]) == (3_200, "tv", "p")


def test_a_session_keeps_its_order_by_its_key(edge: EdgeProcess, sid: str) -> None:
    post(edge, interval(sid, 1))

    keys = [record.key() for record in read_all(edge.topic(STREAM))]
    assert sid.encode() in keys


@pytest.mark.parametrize("way", ["query", "headers"])
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "path",
    [pytest.param("/v1/cmcd/akamai", id="cdn"), pytest.param("/v1/cmcd/akamai/v/1.m4s", id="deep")],
)
def test_request_mode_of_a_player_whose_requests_are_mirrored(
    edge: EdgeProcess, sid: str, way: str, method: str, path: str
) -> None:
    said = f'br=3200,cid="film",d=4000,ot=v,sf=h,sid="{sid}",su'
    if way == "query":
        answer = edge.ask(method, f"{path}?token=1&CMCD={quote(said)}")
    else:
        headers = {"CMCD-Object": "br=3200,d=4000,ot=v", "CMCD-Session": f'cid="film",sid="{sid}"'}
        answer = edge.ask(method, path, headers=headers)

    assert (answer.status, answer.body) == (204, b"")
    (beat,) = events_of(edge.topic(STREAM), sid)
    assert (beat["current_cdn"], beat["heartbeat_seconds"]) == ("akamai", 4)


@pytest.mark.parametrize("content_type", ["application/json", "text/plain"])
def test_json_is_taken(edge: EdgeProcess, sid: str, content_type: str) -> None:
    now = time.time_ns() // 1_000_000
    event = {
        "e": "t",
        "sid": sid,
        "ts": now,
        "sta": "p",
        "br": [{"value": 900, "params": {"v": 1}}],
    }

    answer = edge.ask("POST", "/v1/cmcd", json.dumps([event]), {"content-type": content_type})

    assert answer.json == report(accepted=1)
    assert events_of(edge.topic(STREAM), sid)[0]["video_profile_kbps"] == 900


def test_addresses_of_a_log_are_taken(edge: EdgeProcess, sid: str) -> None:
    good = f"https://cdn.example/1.m4s?a=1&CMCD={quote(f'd=2000,ot=v,sid={json.dumps(sid)}')}"
    body = f"# a comment\r\n{good}\r\nhttps://cdn.example/main.mpd\r\n/1.m4s?CMCD=br%3Dx\r\n"

    answer = edge.ask("POST", "/v1/cmcd/akamai", body, {"content-type": "text/uri-list"})

    assert (answer.status, answer.json["accepted"]) == (202, 1)
    assert [it["detail"] for it in answer.json["refused"]] == [
        "br: expected a number, not negative"
    ]
    assert events_of(edge.topic(STREAM), sid)[0]["current_cdn"] == "akamai"


def test_a_response_with_an_error_is_told(edge: EdgeProcess, sid: str) -> None:
    now = time.time_ns() // 1_000_000
    said = f'e=rr,ot=v,rc=503,sid="{sid}",sn=1,ts={now},url="https://cdn.example/1.m4s",v=2'

    assert post(edge, said).status == 202
    (beat,) = events_of(edge.topic(STREAM), sid)
    assert (beat["errors"], beat["current_cdn"]) == (1, "cdn.example")


def test_what_tells_of_no_viewing_is_passed_over(edge: EdgeProcess, sid: str) -> None:
    now = time.time_ns() // 1_000_000

    assert post(edge, f'e=m,sid="{sid}",ts={now},v=2').json == report(passed=1)
    assert events_of(edge.topic(STREAM), sid) == []


def test_a_report_that_comes_again_counts_once(edge: EdgeProcess, sid: str) -> None:
    lines = [interval(sid, 1), interval(sid, 2)]

    assert post(edge, *lines, lines[0]).json == report(accepted=2, repeated=1)
    assert post(edge, *lines).json == report(repeated=2)
    assert post(edge, *lines, path="/v1/cmcd/other").json == report(accepted=2)
    assert len(events_of(edge.topic(STREAM), sid)) == 4


def test_a_bad_line_becomes_a_dead_letter_and_holds_up_nobody(edge: EdgeProcess, sid: str) -> None:
    bad = 'e=t,br=much,sid="s",ts=1'
    future = interval(sid, 3).replace("ts=", "ts=9")[:-4]

    answer = post(edge, interval(sid, 1), bad, interval(sid, 2), "((", future)

    assert answer.status == 202
    assert answer.json["accepted"] == 2
    refused = {it["index"]: (it["reason"], it["detail"]) for it in answer.json["refused"]}
    assert refused[1] == ("invalid", "br: expected a number, not negative")
    assert refused[3][0] == "malformed"
    assert refused[4][0] in {"invalid", "from_the_future"}
    records = {record.value(): record for record in read_all(edge.topic(STREAM))}
    origin = b"edge, anyone, CMCD (br: expected a number, not negative)"
    assert records[bad.encode()].headers() == [("headrace.origin", origin)]


def test_a_single_bad_line_is_answered_as_taken_too(edge: EdgeProcess) -> None:
    before = end_of(edge.topic(STREAM))

    answer = edge.ask("GET", "/v1/cmcd/akamai?CMCD=br%3Dx")

    assert (answer.status, answer.json["accepted"]) == (202, 0)
    assert end_of(edge.topic(STREAM)) == before + 1


@pytest.mark.parametrize(
    ("method", "headers", "body", "status"),
    [
        pytest.param("GET", {}, b"", 400, id="nothing"),
        pytest.param("POST", {}, b"\n\n", 400, id="empty lines"),
        pytest.param("POST", {"content-type": "image/png"}, b"x", 415, id="a picture"),
        pytest.param("POST", DICTIONARIES, b'sid="s"\n' * 1_001, 413, id="many lines"),
        pytest.param("PUT", DICTIONARIES, b"x", 405, id="another method"),
        pytest.param(
            "POST",
            {**DICTIONARIES, "content-encoding": "gzip"},
            gzip.compress(b"\n" * 10_000_000),
            413,
            id="a bomb",
        ),
    ],
)
def test_what_is_no_report_is_refused_in_words(
    edge: EdgeProcess, method: str, headers: dict[str, str], body: bytes, status: int
) -> None:
    answer = edge.ask(method, "/v1/cmcd", body, headers)

    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["detail"]
    if status == 415:
        taken = ("application/cmcd", "text/uri-list", "application/json")
        assert all(kind in answer.json["detail"] for kind in taken)


def test_gzip_is_taken(edge: EdgeProcess, sid: str) -> None:
    body = gzip.compress(interval(sid, 1).encode())

    answer = edge.ask("POST", "/v1/cmcd", body, {**DICTIONARIES, "content-encoding": "gzip"})

    assert answer.json == report(accepted=1)


def test_the_time_without_ts_is_when_it_came(edge: EdgeProcess, sid: str) -> None:
    before = datetime.now(UTC)

    edge.ask("GET", f"/v1/cmcd/x?CMCD={quote(f'd=2000,ot=v,sid={json.dumps(sid)}')}")

    (beat,) = events_of(edge.topic(STREAM), sid)
    assert before <= datetime.fromisoformat(beat["time"]) <= datetime.now(UTC)
