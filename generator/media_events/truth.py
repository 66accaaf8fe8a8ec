"""The windows that media events must add up to."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from generator.truth import View, window_key


class Row(NamedTuple):
    """What an accepted event adds up to; `minute` counts minutes since 1970."""

    minute: int
    type: str
    content_type: str
    content_id: str
    title: str


@dataclass(slots=True)
class MediaWindows:
    """The two views of media events.

    `media_events_by_type`: [events] by minute, type and content type; `content_plays`: [plays,
    stops] by minute, content and title, also of what was only paused.
    """

    by_type: Counter[tuple[int, str, str]] = field(default_factory=Counter)
    by_content: dict[tuple[int, str, str], list[int]] = field(default_factory=dict)

    def add(self, row: Row, times: int) -> None:
        minute, event_type, content_type, content_id, title = row
        self.by_type[minute, event_type, content_type] += times
        window = self.by_content.setdefault((minute, content_id, title), [0, 0])
        if event_type == "play":
            window[0] += times
        elif event_type == "stop":
            window[1] += times

    def views(self) -> Mapping[str, View]:
        return {
            "media_events_by_type": {
                window_key(*key): [events] for key, events in self.by_type.items()
            },
            "content_plays": {
                window_key(*key): list(counts) for key, counts in self.by_content.items()
            },
        }
