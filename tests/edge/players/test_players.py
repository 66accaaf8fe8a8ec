"""hls.js and dash.js play a film in Chromium, and what they report becomes heartbeats."""

from uuid import uuid4

import pytest

from tests.edge.players import media
from tests.edge.players.conftest import Cinema

FILM_SECONDS = media.SEGMENTS * media.SECONDS

KEYS = """[
  'sid', 'cid', 'br', 'bl', 'mtp', 'sta', 'ec', 'e', 'ts', 'sn', 'v', 'bs', 'bsd', 'ot', 'd', 'url',
  'rc', 'ttfb', 'ttlb', 'msd', 'sf', 'st', 'su', 'pr',
]"""
TARGET = f"""{{
  url: collector, version: 2, interval: 1, events: ['t', 'ps', 'e', 'rr', 'bc', 'pr'],
  enabled: true, enabledKeys: {KEYS}, includeKeys: {KEYS},
}}"""
EVENT_MODE = f"version: 2, eventTargets: [{TARGET}]"

HLS = """([sid, collector]) => {
  const player = new Hls({cmcd: {sessionId: sid, contentId: 'film', CONFIG}});
  player.loadSource('/film/hls/main.m3u8');
  const video = document.querySelector('video');
  player.attachMedia(video);
  video.play();
}"""
DASH = """([sid, collector]) => {
  const player = dashjs.MediaPlayer().create();
  player.updateSettings({streaming: {cmcd: {enabled: true, sid: sid, cid: 'film', CONFIG}}});
  player.initialize(document.querySelector('video'), '/film/dash/main.mpd', true);
}"""


@pytest.fixture
def sid() -> str:
    return str(uuid4())


@pytest.mark.parametrize(
    "player", [pytest.param(HLS, id="hls.js"), pytest.param(DASH, id="dash.js")]
)
def test_event_mode_across_origins_tells_of_the_viewing(
    cinema: Cinema, sid: str, player: str
) -> None:
    complaints = cinema.play(player.replace("CONFIG", EVENT_MODE), sid, "video.ended")

    beats = cinema.heartbeats(sid)
    assert complaints == []
    # the first interval begins before the film, and a busy machine plays late
    assert sum(beat["heartbeat_seconds"] for beat in beats) >= FILM_SECONDS - 2
    assert {beat["channel"] for beat in beats} == {"film"}


@pytest.mark.parametrize(
    ("player", "config"),
    [
        pytest.param(HLS, "version: 1, useHeaders: false", id="hls.js query 1"),
        pytest.param(HLS, "version: 2, useHeaders: false", id="hls.js query 2"),
        pytest.param(HLS, "version: 2, useHeaders: true", id="hls.js headers 2"),
        pytest.param(DASH, "version: 1, mode: 'query'", id="dash.js query 1"),
        pytest.param(DASH, "version: 1, mode: 'header'", id="dash.js headers 1"),
        pytest.param(DASH, "version: 2, mode: 'query'", id="dash.js query 2"),
    ],
)
def test_request_mode_counts_each_segment_once(
    cinema: Cinema, sid: str, player: str, config: str
) -> None:
    all_is_there = f"video.buffered.length && video.buffered.end(0) > {FILM_SECONDS - 0.1}"

    complaints = cinema.play(player.replace("CONFIG", config), sid, all_is_there)

    beats = cinema.heartbeats(sid)
    assert complaints == []
    assert sum(beat["heartbeat_seconds"] for beat in beats) == FILM_SECONDS
    assert {(beat["channel"], beat["current_cdn"]) for beat in beats} == {("film", "akamai")}
    assert all(beat["video_profile_kbps"] > 0 for beat in beats if beat["heartbeat_seconds"])
