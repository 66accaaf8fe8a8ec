"""Which topics a setting may name."""

import pytest

from edge.bridge.writable import InternalTopicError, writable

STREAMS = {"content_sessions": "a-content_sessions"}


def test_without_a_setting_the_streams_are_written() -> None:
    assert writable([], STREAMS) == {"a-content_sessions": "content_sessions"}


def test_named_topics_are_written_and_no_other() -> None:
    named = ["orders", "a-content_sessions"]

    assert writable(named, STREAMS) == {
        "orders": "orders",
        "a-content_sessions": "content_sessions",
    }


@pytest.mark.parametrize(
    "name",
    [
        "__consumer_offsets",
        "__transaction_state",
        "content_sessions.dead-letters",
        "headrace-core-live-changelog",
        "headrace-core-__assignor-__leader",
        "or ders",
        "a/b",
        "x" * 250,
    ],
)
def test_internal_topics_and_what_is_no_name_are_refused(name: str) -> None:
    with pytest.raises(InternalTopicError, match="HEADRACE_EDGE_BRIDGE_TOPICS"):
        writable([name], STREAMS)
