"""Which topics a stream's dead letters come from, and which stream a topic is of."""

from __future__ import annotations

from collections.abc import Mapping

from config.settings import Settings
from models.streams import Stream

REPLAY = ".replay"
"""Behind a topic's name: where its history is sent again."""


def topics_of(stream: str, settings: Settings) -> list[str]:
    topic = settings.topic(stream)
    return [topic, f"{topic}{REPLAY}"]


def stream_of(topic: str, streams: Mapping[str, Stream], settings: Settings) -> Stream | None:
    for name, stream in streams.items():
        if topic in topics_of(name, settings):
            return stream
    return None
