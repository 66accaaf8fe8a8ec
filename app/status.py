"""What `/status/` answers: one worker, now."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import faust

from agents.writer import Writer
from app.held import held
from batching.table import WindowTable, entry_start, key_parts
from models.streams import Stream
from telemetry.stats import StreamStats

_TOLD_KEYS = 20
_TRAFFIC = "traffic_by_cdn"


@dataclass(frozen=True)
class StreamStatus:
    """Counters, positions and live tables of one stream."""

    stream: Stream
    stats: StreamStats
    writer: Writer
    tables: Mapping[str, WindowTable]

    def now(self) -> dict[str, Any]:
        """Give the status as JSON takes it; the counters begin at 0 with the process."""
        stats = self.stats
        return {
            "topic": next(iter(self.writer.topics)),
            "events_in": stats.events_in,
            "rows_stored": stats.rows_stored,
            "dead_letters": dict(stats.dead_letters),
            "flushes": stats.flushes,
            "freshness_seconds": stats.freshness.quantiles(),
            "open_windows": self._open_windows(),
            "waiting_for": stats.waiting_for,
            "headline": self._headline(),
        }

    def this_minute(self, window: str) -> list[dict[str, dict[str, Any]]]:
        """Give the entries of the current minute, by the window's key."""
        minute = _minute()
        data = self.tables[window].data
        return [data[key] for key in data if entry_start(key) >= minute]

    def _open_windows(self) -> int:
        return sum(len(entry) for window in self.tables for entry in self.this_minute(window))

    def _headline(self) -> dict[str, Any] | None:
        headline = self.stream.headline
        if headline is None:
            return None
        most: Counter[str] = Counter()
        shown: dict[str, float] = {}
        for entry in self.this_minute(headline.window):
            for label, measures in entry.items():
                key = key_parts(label)[headline.part]
                most[key] += measures[headline.by]
                if headline.shown:
                    shown[key] = float(measures[headline.shown])
        keys = {
            key: [float(count), shown.get(key, count * headline.scale)]
            for key, count in most.most_common(_TOLD_KEYS)
        }
        return {"text": headline.text, "keys": keys, "adds_up": not headline.shown}


class StatusOf:
    """All of one worker."""

    def __init__(self, app: faust.App, streams: Sequence[StreamStatus]) -> None:
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
            "traffic_by_cdn": self._traffic(),
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

    def _traffic(self) -> dict[str, dict[str, float]]:
        kilobits: Counter[str] = Counter()
        seconds: Counter[str] = Counter()
        for one in self._streams:
            for entry in one.this_minute(_TRAFFIC) if _TRAFFIC in one.tables else ():
                for cdn, measures in entry.items():
                    kilobits[cdn] += measures["kilobits"]
                    seconds[cdn] += measures["session_seconds"]
        return {
            cdn: {
                "traffic_mbps": kilobits[cdn] / 60 / 1_000,
                "concurrent_sessions": seconds[cdn] / 60,
            }
            for cdn in sorted(kilobits)
        }


def _minute() -> datetime:
    return datetime.now(UTC).replace(second=0, microsecond=0)


def _memory_bytes() -> int | None:
    """Give what the process holds of the machine's memory; None where there is no /proc."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")
