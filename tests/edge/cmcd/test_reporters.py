"""What players' own reporters send is understood: `make reporters` installs them."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.cmcd import lines
from edge.cmcd.heartbeats import Heartbeat, Sender, Viewing, heartbeat
from edge.cmcd.lines import Line, Read

_HERE = Path(__file__).parent / "reporters"
_SECONDS = 60
_SENDER = Sender(datetime(2026, 11, 25, tzinfo=UTC), cdn="Akamai")


@pytest.fixture(scope="module")
def reports() -> list[dict[str, Any]]:
    """Let the reporters report."""
    node = shutil.which("node")
    if node is None or not (_HERE / "node_modules").is_dir():
        missing = "needs Node 20 and: make reporters"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    said = subprocess.run(
        [node, str(_HERE / "report.mjs")], check=True, capture_output=True, timeout=_SECONDS
    )
    return [json.loads(line) for line in said.stdout.splitlines()]


def read(reports: list[dict[str, Any]], by: str) -> Iterator[Line]:
    for report in (one for one in reports if one["by"].startswith(by)):
        if "body" in report:
            yield from lines.of_body(report["body"].encode())
        elif "query" in report:
            yield from filter(None, [lines.of_query(report["query"])])
        else:
            headers = {name.lower(): value for name, value in report["headers"].items()}
            yield from filter(None, [lines.of_headers(headers)])


def beats(found: Iterator[Line]) -> list[dict[str, Any]]:
    made = [heartbeat(line, _SENDER, Viewing()) for line in found if isinstance(line, Read)]
    return [msgspec.json.decode(one.value) for one in made if isinstance(one, Heartbeat)]


def test_no_line_of_a_reporter_is_refused(reports: list[dict[str, Any]]) -> None:
    found = list(chain(read(reports, "cml"), read(reports, "hls.js")))

    assert len(found) == 26
    assert [line for line in found if not isinstance(line, Read)] == []


def test_event_mode_posts_what_we_take(reports: list[dict[str, Any]]) -> None:
    posts = [report for report in reports if report["by"] == "cml event"]

    assert {(post["method"], post["type"]) for post in posts} == {("POST", "application/cmcd")}


def test_events_of_the_common_media_library(reports: list[dict[str, Any]]) -> None:
    began, interval, stalled, failed, refused = beats(read(reports, "cml event"))

    assert began["startup_ms"] == 812
    assert interval["heartbeat_seconds"] == 0  # it is starting
    assert stalled["rebuffer_ms"] == 1_500
    assert failed["errors"] == 2
    assert refused["errors"] == 1
    assert {one["channel"] for one in (began, refused)} == {'film, "one"'}
    assert (began["video_profile_kbps"], began["throughput_kbps"], began["buffer_ms"]) == (
        3_200,
        25_400,
        21_300,
    )


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("way", ["query", "headers"])
def test_a_segment_that_hls_js_asks_for(
    reports: list[dict[str, Any]], version: int, way: str
) -> None:
    (beat,) = beats(read(reports, f"hls.js {version} {way}"))

    assert beat["video_profile_kbps"] == 3_200
    assert beat["heartbeat_seconds"] in {4, 5}
    assert beat["throughput_kbps"] == 3_200
    assert beat["channel"] == "film-1"
