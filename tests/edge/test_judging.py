"""Events of several requests are judged together as each would be alone."""

import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.settings import Settings
from config.streams import chosen_streams
from edge.judging import Judge
from models.validation import Limits
from tests.integration.events import ago, heartbeat

NOW = time.time_ns() // 1_000_000
EVENTS = [
    heartbeat(session_id="one"),
    heartbeat(session_id="two"),
    heartbeat(channel=7),
    heartbeat(ago(days=400)),
    heartbeat(ago(days=-1)),
    heartbeat(unknown="field"),
    b"[",
    b"",
]


@pytest.fixture(scope="module")
def judge() -> Judge:
    streams = {stream.topic: stream for stream in chosen_streams(Settings())}
    return Judge(streams["content_sessions"], Limits())


@given(st.lists(st.lists(st.sampled_from(EVENTS), min_size=1, max_size=4), min_size=1, max_size=8))
def test_company_changes_no_verdict(judge: Judge, requests: Sequence[Sequence[bytes]]) -> None:
    together = judge.judge_all(requests, NOW)

    for judged, events in zip(together, requests, strict=True):
        alone = judge.judge(events, NOW)
        assert list(judged.good) == list(alone.good)
        assert list(judged.keys) == list(alone.keys)
        assert list(judged.refused) == list(alone.refused)
