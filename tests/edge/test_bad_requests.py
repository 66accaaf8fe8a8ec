"""What no client should send: each gets a 4xx that says what to do, and the edge lives."""

import gzip
import http.client
import io
import json
from itertools import chain

import pytest
from backports import zstd

from tests.edge.edge_process import EdgeProcess
from tests.edge.topics import everything
from tests.integration.events import heartbeat
from tests.integration.test_bad_records import LARGE, bad_records

STREAM = "content_sessions"
POST = (
    b"POST /v1/events/content_sessions HTTP/1.1\r\nHost: edge\r\nContent-Type: application/json\r\n"
)
LINES = heartbeat() + b"\n" + heartbeat() + b"\n"


def bomb() -> bytes:
    """Pack ten gigabytes of zeros, as far as a body may go."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb") as file:
        zeros = bytes(2**20)
        while packed.tell() < 1_000_000:
            file.write(zeros)
    return packed.getvalue()


def zstd_of(frame_header: bytes) -> bytes:
    """Make a frame of one block, which is raw and the last one, behind a header (RFC 8878)."""
    block = len(LINES) << 3 | 1
    return b"\x28\xb5\x2f\xfd" + frame_header + block.to_bytes(3, "little") + LINES


BODIES = [
    pytest.param({}, b"", 400, "no event", id="nothing"),
    pytest.param({}, b" \n\n ", 400, "no event", id="only spaces"),
    pytest.param({}, b"[]", 400, "no event", id="an empty array"),
    pytest.param({}, b'[{"a": 1}', 400, "no JSON", id="an array without an end"),
    pytest.param({}, b"[" * 100_000, 400, "no JSON", id="an array that is nested deeply"),
    pytest.param({}, b'{"a":' * 100_000, 400, "refused", id="an object that is nested deeply"),
    pytest.param({}, heartbeat()[:-1] + b',"time":0}', 400, "refused", id="a key twice"),
    pytest.param({}, b'"\xff\xfe"', 400, "refused", id="no UTF-8"),
    pytest.param(
        {},
        b'{"a":1,' + b",".join(b'"%d":1' % n for n in range(100_000)) + b"}",
        400,
        "refused",
        id="100,000 keys",
    ),
    pytest.param({}, b"[" + b"0," * 1_000 + b"0]", 413, "1,001", id="too many events"),
    pytest.param({}, b" " * 1_048_577, 413, "1,048,576", id="too large"),
    pytest.param({"content-type": "image/png"}, LINES, 415, "application/json", id="a picture"),
    pytest.param({"content-type": ""}, LINES, 415, "application/json", id="no type"),
    pytest.param(
        {"content-type": "application/x-www-form-urlencoded"}, LINES, 415, "json", id="a form"
    ),
    pytest.param({}, gzip.compress(LINES), 400, "say Content-Encoding: gzip", id="gzip untold"),
    pytest.param({"content-encoding": "br"}, b"x", 415, "gzip", id="a coding that is unknown"),
    pytest.param({"content-encoding": "gzip"}, b"{}", 400, "no gzip", id="no gzip"),
    pytest.param(
        {"content-encoding": "gzip"}, gzip.compress(LINES)[:-12], 400, "middle", id="half a gzip"
    ),
    pytest.param({"content-encoding": "gzip"}, bomb(), 413, "decompressed", id="a bomb of gzip"),
    pytest.param({"content-encoding": "zstd"}, b"{}", 400, "no zstd", id="no zstd"),
    pytest.param(
        {"content-encoding": "zstd"}, zstd.compress(LINES)[:-9], 400, "zstd", id="half a zstd"
    ),
    pytest.param(
        {"content-encoding": "zstd"},
        zstd.compress(bytes(10_000_000)),
        413,
        "decompressed",
        id="a bomb of zstd",
    ),
    pytest.param(
        {"content-encoding": "zstd"}, zstd_of(b"\x00\xa8"), 400, "no zstd", id="a window of 2 GB"
    ),
    pytest.param(
        {"content-encoding": "zstd"},
        zstd_of(b"\xe0" + (2**40).to_bytes(8, "little")),
        400,
        "no zstd",
        id="a window of all of a terabyte",
    ),
    pytest.param(
        {"content-encoding": "gzip"}, gzip.compress(b"") * 200, 400, "parts", id="many gzips"
    ),
    pytest.param({"idempotency-key": "k" * 256}, b"{}", 400, "255", id="a key without an end"),
]


@pytest.mark.parametrize(("headers", "body", "status", "detail"), BODIES)
def test_bodies(
    edge: EdgeProcess, headers: dict[str, str], body: bytes, status: int, detail: str
) -> None:
    answer = edge.ask("POST", f"/v1/events/{STREAM}", body, headers)

    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail"} <= set(answer.json)
    assert answer.json["status"] == status
    assert detail in answer.json["detail"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        pytest.param("POST", "/v1/events/nothing", 404, id="unknown stream"),
        pytest.param("POST", "/v1/events/../events/content_sessions", 404, id="dots"),
        pytest.param("POST", "/v1/events/%2e%2e/content_sessions", 404, id="dots, encoded"),
        pytest.param("POST", "/v1/events/content_sessions/", 404, id="one slash more"),
        pytest.param("POST", "//v1/events/content_sessions", 404, id="two slashes"),
        pytest.param("POST", "/v1/events/%00", 404, id="NUL"),
        pytest.param("POST", "/v1/events/%ff%fe", 404, id="no UTF-8"),
        pytest.param("POST", "/v1/events/", 404, id="no stream"),
        pytest.param("GET", "/v1/events/content_sessions", 405, id="GET"),
        pytest.param("DELETE", "/v1/events/content_sessions", 405, id="DELETE"),
        pytest.param("TRACE", "/", 405, id="TRACE"),
    ],
)
def test_paths_and_methods(edge: EdgeProcess, method: str, path: str, status: int) -> None:
    answer = edge.ask(method, path, heartbeat())

    assert answer.status == status
    assert answer.json["status"] == status


CUT = b"5\r\n{}\n{}\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}\n{}\n", id="two lengths"),
        pytest.param(b"Content-Length: -2\r\n\r\n{}", id="less than nothing"),
        pytest.param(b"Content-Length: \xb2\r\n\r\n{}", id="no number"),
        pytest.param(b"Content-Length: 99999999999\r\n\r\n{}", id="a length without an end"),
        pytest.param(b"Content-Length : 2\r\n\r\n{}", id="a space before the colon"),
        pytest.param(b"X: a\r\n b\r\nContent-Length: 2\r\n\r\n{}", id="a folded header"),
        pytest.param(b"Transfer-Encoding: xchunked\r\n\r\n" + CUT, id="an unknown coding"),
        pytest.param(b"Transfer-Encoding: gzip, chunked\r\n\r\n" + CUT, id="two codings"),
        pytest.param(b"Content-Length: 100\r\n\r\n" + LINES[:50], id="a body that is cut off"),
        pytest.param(b"Transfer-Encoding: chunked\r\n\r\n" + CUT, id="chunks that are cut off"),
        pytest.param(b"Transfer-Encoding: chunked\r\n\r\n" + CUT + b"zz\r\n", id="no chunk"),
        pytest.param(
            b"Transfer-Encoding: chunked\r\n\r\n" + b"10000\r\n%b\r\n" % bytes(65_536) * 20,
            id="chunks without an end",
        ),
        pytest.param(b"X: " + b"a" * 500_000 + b"\r\n\r\n", id="large headers"),
        pytest.param(b"X: a\r\n" * 200 + b"\r\n", id="many headers"),
        pytest.param(
            b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
            b"GET /livez HTTP/1.1\r\nHost: edge\r\n\r\n",
            id="smuggling",
        ),
    ],
)
def test_nothing_is_taken_of_a_request_that_is_not_whole(edge: EdgeProcess, sent: bytes) -> None:
    before = len(everything(edge.topic(STREAM)))

    answer = edge.raw(POST + sent)

    assert answer.startswith(b"HTTP/1.1 4")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert len(everything(edge.topic(STREAM))) == before
    assert edge.ask("GET", "/livez").status == 200


def test_bad_events_are_refused_for_what_a_worker_refuses_them_for(edge: EdgeProcess) -> None:
    bad = [
        (value, reason)
        for value, reason in bad_records()
        if value and value not in {LARGE, b"[" * 100_000}
    ]

    answers = [edge.ask("POST", f"/v1/events/{STREAM}?strict=1", value) for value, _ in bad]

    reasons = [answer.json["refused"][0]["reason"] for answer in answers if answer.status == 400]
    assert reasons == [reason for _, reason in bad]


def test_chunks_are_put_together(edge: EdgeProcess) -> None:
    parts = chain.from_iterable((LINES[n : n + 7] for n in range(0, len(LINES), 7)) for _ in "ab")
    connection = http.client.HTTPConnection("127.0.0.1", edge.port, timeout=30)

    headers = {"Content-Type": "text/plain", "Transfer-Encoding": "chunked"}
    connection.request("POST", f"/v1/events/{STREAM}", parts, headers, encode_chunked=True)

    assert json.loads(connection.getresponse().read())["accepted"] == 4
    connection.close()


@pytest.mark.parametrize("path", [f"/v1/events/{STREAM}", "/v1/cmcd"])
def test_a_query_with_too_many_parameters_is_refused(edge: EdgeProcess, path: str) -> None:
    before = len(everything(edge.topic(STREAM)))
    many = "&".join(f"p{number}=1" for number in range(100))

    answer = edge.ask("POST", f"{path}?{many}&strict=true", heartbeat() + b"\n[")

    assert answer.status == 400
    assert "100 parameters" in answer.json["detail"]
    assert len(everything(edge.topic(STREAM))) == before


@pytest.mark.parametrize(
    ("query", "words"),
    [
        pytest.param("stirct=true", "'stirct': did you mean strict?", id="a slip"),
        pytest.param("Strict=true", "did you mean strict?", id="a capital"),
        pytest.param("strict=true&eventid=1", "did you mean event_id?", id="the second"),
        pytest.param("_=12345", "there are event_id, key, strict", id="nothing like it"),
        pytest.param("strict=maybe", "strict in the query is neither true nor false", id="maybe"),
        pytest.param("strict", "strict in the query is neither", id="without a value"),
        pytest.param("strict=true&event_id=on", "event_id in the query is neither", id="on"),
        pytest.param("%ff=1&" + "x" * 5_000, "no parameter", id="no UTF-8"),
    ],
)
def test_a_query_that_is_not_understood_takes_nothing(
    edge: EdgeProcess, query: str, words: str
) -> None:
    before = len(everything(edge.topic(STREAM)))

    answer = edge.ask("POST", f"/v1/events/{STREAM}?{query}", heartbeat() + b"\n[")

    assert answer.status == 400
    assert words in answer.json["detail"]
    assert len(answer.json["detail"]) < 200
    assert len(everything(edge.topic(STREAM))) == before


@pytest.mark.parametrize("query", ["?strict=False", "?strict=0&key=any", "?event_id=no&strict=YES"])
def test_a_query_may_say_no_and_give_a_key(edge: EdgeProcess, query: str) -> None:
    assert edge.ask("POST", f"/v1/events/{STREAM}{query}", heartbeat()).status == 202
