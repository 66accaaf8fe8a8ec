"""The windows that heartbeats must add up to."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from generator.content_sessions.records import Row
from generator.truth import View, window_key


@dataclass(slots=True)
class TrafficWindows:
    """`traffic_by_cdn`: [events, kilobits] by minute and CDN."""

    by_cdn: dict[tuple[int, str], list[int]] = field(default_factory=dict)

    def add(self, row: Row, times: int) -> None:
        window = self.by_cdn.setdefault((row.minute, row.cdn), [0, 0])
        window[0] += times
        window[1] += row.kilobits * times

    def views(self) -> Mapping[str, View]:
        return {
            "traffic_by_cdn": {
                window_key(*key): [events, kilobits]
                for key, (events, kilobits) in self.by_cdn.items()
            }
        }
