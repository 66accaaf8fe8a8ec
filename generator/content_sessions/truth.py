"""The windows that heartbeats must add up to."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from generator.content_sessions.records import Row
from generator.truth import View, window_key


@dataclass(slots=True)
class TrafficWindows:
    """By minute, `traffic_by_cdn`: [events, kilobits], and what players say of their experience.

    That is `quality_by_cdn_and_asn`: seconds reported, stalls, rebuffer_ms, errors, startups,
    startup_ms, throughputs, throughput_kbps.
    """

    by_cdn: dict[tuple[int, str], list[int]] = field(default_factory=dict)
    by_cdn_and_asn: dict[tuple[int, str, int], list[int]] = field(default_factory=dict)

    def add(self, row: Row, times: int) -> None:
        window = self.by_cdn.setdefault((row.minute, row.cdn), [0, 0])
        window[0] += times
        window[1] += row.kilobits * times
        quality = self.by_cdn_and_asn.setdefault((row.minute, row.cdn, row.asn), [0] * 8)
        moment = row.moment
        if moment is None:
            return
        quality[0] += row.seconds * times
        if moment.rebuffer_ms:
            quality[1] += times
            quality[2] += moment.rebuffer_ms * times
        quality[3] += moment.errors * times
        if moment.startup_ms is not None:
            quality[4] += times
            quality[5] += moment.startup_ms * times
        quality[6] += times
        quality[7] += moment.throughput_kbps * times

    def views(self) -> Mapping[str, View]:
        return {
            "traffic_by_cdn": {
                window_key(*key): [events, kilobits]
                for key, (events, kilobits) in self.by_cdn.items()
            },
            "quality_by_cdn_and_asn": {
                window_key(*key): [*numbers] for key, numbers in self.by_cdn_and_asn.items()
            },
        }
