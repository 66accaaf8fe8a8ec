"""The windows that activity must add up to."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from generator.truth import View, window_key


class Row(NamedTuple):
    """What accepted activity adds up to; `minute` counts minutes since 1970."""

    minute: int
    user: int
    type: str


@dataclass(slots=True)
class ActivityWindows:
    """`user_event_summary`: [events, users] by minute and type.

    The view has a row for each minute, user and type: 100,000 users make some hundred thousand a
    minute. They are not kept but counted: `users` says how many rows there are, by a bit for each.
    """

    events: Counter[tuple[int, str]] = field(default_factory=Counter)
    users: Counter[tuple[int, str]] = field(default_factory=Counter)
    _seen: dict[tuple[int, str], bytearray] = field(default_factory=dict, compare=False)

    def add(self, row: Row, times: int) -> None:
        key = (row.minute, row.type)
        self.events[key] += times
        seen = self._seen.get(key)
        if seen is None:
            seen = self._seen[key] = bytearray()
        place, bit = row.user >> 3, 1 << (row.user & 7)
        if place >= len(seen):
            seen.extend(bytes(place + 1 - len(seen)))
        if not seen[place] & bit:
            seen[place] |= bit
            self.users[key] += 1

    def views(self) -> Mapping[str, View]:
        return {
            "user_event_summary": {
                window_key(*key): [events, self.users[key]] for key, events in self.events.items()
            }
        }
