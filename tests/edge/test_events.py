"""`POST /v1/events/{stream}` to a real edge with a real Kafka behind it."""

import gzip
import json

import pytest
import zstandard

from tests.edge.edge_process import EdgeProcess
from tests.integration.events import heartbeat

STREAM = "content_sessions"


@pytest.mark.parametrize(
    "content_type",
    [
        pytest.param(kind, id=kind)
        for kind in ("application/json", "text/plain", "application/x-ndjson")
    ],
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


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        pytest.param("gzip", gzip.compress(heartbeat()), id="gzip"),
        pytest.param("zstd", zstandard.compress(heartbeat()), id="zstd"),
    ],
)
def test_compressed_bodies_are_taken(edge: EdgeProcess, coding: str, packed: bytes) -> None:
    answer = edge.post(STREAM, packed, content_encoding=coding)

    assert answer.json == {"accepted": 1, "refused": []}
