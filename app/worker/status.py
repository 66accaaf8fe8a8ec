"""What `/status/` answers: one worker, now."""

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import nlargest
from operator import itemgetter
from pathlib import Path
from typing import Any

import faust

from agents.writer import Writer
from app.worker.partition_progress import held
from app.worker.recent import Recent
from batching.table import WindowTable, entry_start, key_parts
from models.streams import Headline, Stream
from telemetry.stats import StreamStats

_TOLD_KEYS = 20
_TRAFFIC = "traffic_by_cdn"

Keys = Mapping[str, Mapping[str, Any]]
"""Measures by the window's key."""


@dataclass(frozen=True)
class StreamMonitor:
    """Counters, positions and live tables of one stream."""

    stream: Stream
    stats: StreamStats
    writer: Writer
    tables: Mapping[str, WindowTable]
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def now(self) -> dict[str, Any]:
        """Give the status as JSON takes it; the counters begin at 0 with the process."""
        stats = self.stats
        return {
            "topic": next(iter(self.writer.topics)),
            "events_in": stats.events_in,
            "rows_stored": stats.rows_stored,
            "stored_at": stats.stored_at,
            "dead_letters": dict(stats.dead_letters),
            "flushes": stats.flushes,
            "freshness_seconds": stats.freshness.quantiles(),
            "open_windows": self._open_windows(),
            "waiting_for": stats.waiting_for,
            "headline": self._headline(),
            "topic_partitions": stats.topic_partitions,
            "unheld": {
                str(number): {"lag": one.lag, "holder": one.holder}
                for number, one in stats.unheld.items()
            },
        }

    def recent(self, window: str) -> Recent:
        """Say what counts as of late. Raises StopIteration for a window that there is not."""
        length = next(one.seconds for one in self.stream.windows if one.name == window)
        return Recent(length, self.clock())

    def entries(self, window: str, recent: Recent) -> Iterator[tuple[float, Keys]]:
        """Give the entries of late, the oldest first, each with its part in it."""
        data = self.tables[window].data
        starts = sorted((entry_start(entry), entry) for entry in data)
        return ((part, data[name]) for start, name in starts if (part := recent.part(start)))

    def _open_windows(self) -> int:
        recent = {window: self.recent(window) for window in self.tables}
        return sum(
            len(table.data[entry])
            for window, table in self.tables.items()
            for entry in table.data
            if recent[window].is_open(entry_start(entry))
        )

    def _headline(self) -> dict[str, Any] | None:
        headline = self.stream.headline
        if headline is None:
            return None
        recent = self.recent(headline.window)
        most, shown = _counted(headline, self.entries(headline.window, recent))
        scale = headline.scale / recent.seconds if headline.per_second else headline.scale
        keys = {
            key: [count, shown.get(key, count * scale)]
            for key, count in nlargest(_TOLD_KEYS, most.items(), key=itemgetter(1))
        }
        return {"text": headline.text, "keys": keys, "adds_up": not headline.shown}


def _counted(
    headline: Headline, entries: Iterable[tuple[float, Keys]]
) -> tuple[dict[str, float], dict[str, float]]:
    """Give how much there is of each key, and what it last showed."""
    most: defaultdict[str, float] = defaultdict(float)
    shown: dict[str, float] = {}
    for part, entry in entries:
        for label, measures in entry.items():
            key = key_parts(label)[headline.part]
            most[key] += part * float(measures[headline.by])
            if headline.shown:
                shown[key] = float(measures[headline.shown])
    return most, shown


class StatusOf:
    """All of one worker."""

    def __init__(self, app: faust.App, streams: Sequence[StreamMonitor]) -> None:
        self._app = app
        self._streams = streams

    def now(self) -> dict[str, Any]:
        """Give the status as JSON takes it."""
        partitions = self._partitions()
        waiting = [one.stats.waiting_for for one in self._streams if one.stats.waiting_for]
        running = "running" if partitions else "starting"
        return {
            "worker": self._app.conf.name,
            "state": "waiting" if waiting else running,
            "waiting_for": waiting[0] if waiting else None,
            "partitions": partitions,
            "streams": {one.stream.topic: one.now() for one in self._streams},
            **self.traffic(),
            "memory_bytes": _memory_bytes(),
        }

    def _partitions(self) -> dict[str, dict[str, dict[str, int]]]:
        found: dict[str, dict[str, dict[str, int]]] = {}
        for one in self._streams:
            for tp, place in held(self._app, one.writer).items():
                found.setdefault(tp.topic, {})[str(tp.partition)] = {
                    "stored": place.start,
                    "end": place.end,
                    "lag": place.lag,
                }
        return found

    def traffic(self) -> dict[str, Any]:
        """Give the traffic of each CDN, and over how many seconds it is a mean."""
        kilobits: defaultdict[str, float] = defaultdict(float)
        seconds: defaultdict[str, float] = defaultdict(float)
        length = 0
        for one in (one for one in self._streams if _TRAFFIC in one.tables):
            recent = one.recent(_TRAFFIC)
            length = recent.seconds
            for part, entry in one.entries(_TRAFFIC, recent):
                for label, measures in entry.items():
                    (cdn,) = key_parts(label)
                    kilobits[cdn] += part * measures["kilobits"]
                    seconds[cdn] += part * measures["session_seconds"]
        traffic = {
            cdn: {
                "traffic_mbps": kilobits[cdn] / length / 1_000,
                "concurrent_sessions": seconds[cdn] / length,
            }
            for cdn in sorted(kilobits)
        }
        return {"traffic_by_cdn": traffic, "traffic_seconds": length}


def _memory_bytes() -> int | None:
    """Give what the process holds of the machine's memory; None where there is no /proc."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")
