"""Which topics the bridge writes to: those of the streams, or those that a setting names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from config.environment import PlainError

_NAME = re.compile(r"[A-Za-z0-9._-]{1,249}")
_INTERNAL = re.compile(r"__.*|.*(\.dead-letters|-changelog|-repartitioning|__assignor-__leader)")
"""Kafka's own, and those that Headrace and Faust write themselves."""


class InternalTopicError(PlainError):
    """The bridge is to write where it must not."""


def writable(named: Sequence[str], of_streams: Mapping[str, str]) -> dict[str, str]:
    """Give each topic (as Kafka names it) with what API keys and metrics call it.

    `of_streams` has streams' topics by the name of the stream. Raises InternalTopicError.
    """
    streams = {topic: stream for stream, topic in of_streams.items()}
    if not named:
        return streams
    for name in named:
        if not _NAME.fullmatch(name):
            raise InternalTopicError("HEADRACE_EDGE_BRIDGE_TOPICS: that is no name of a topic")
        if _INTERNAL.fullmatch(name) and name not in streams:
            raise InternalTopicError(
                "HEADRACE_EDGE_BRIDGE_TOPICS: Kafka's, Faust's and Headrace's own topics are not "
                "written by others"
            )
    return {name: streams.get(name, name) for name in named}
