"""What `/status/` answers: one worker, now."""

import os
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import faust
from faust.types import TP

from agents.writer import Writer
from batching.table import WindowTable, entry_start
from models.positions import TopicPartition
from telemetry.stats import WorkerStats

_TRAFFIC = "traffic_by_cdn"


class StatusOf:
    """Reads counters, positions and live tables of one worker."""

    def __init__(
        self,
        app: faust.App,
        stats: WorkerStats,
        writer: Writer,
        tables: Mapping[str, WindowTable],
    ) -> None:
        self._app = app
        self._stats = stats
        self._writer = writer
        self._tables = tables

    def now(self) -> dict[str, Any]:
        """Give the status as JSON takes it; the counters begin at 0 with the process."""
        stats = self._stats
        partitions = self._partitions()
        return {
            "worker": self._app.conf.name,
            "state": self._state(partitions),
            "waiting_for": stats.waiting_for,
            "partitions": partitions,
            "events_in": stats.events_in,
            "rows_stored": stats.rows_stored,
            "dead_letters": dict(stats.dead_letters),
            "flushes": stats.flushes,
            "freshness_seconds": stats.freshness.quantiles(),
            "open_windows": self._open_windows(),
            "traffic_by_cdn": self._traffic(),
            "memory_bytes": _memory_bytes(),
        }

    def _state(self, partitions: Mapping[str, Any]) -> str:
        if self._stats.waiting_for is not None:
            return "waiting"
        return "running" if partitions else "starting"

    def _partitions(self) -> dict[str, dict[str, dict[str, int]]]:
        found: dict[str, dict[str, dict[str, int]]] = {}
        for tp, stored in sorted(self._writer.done_up_to().items()):
            end = max(self._end(tp), stored)
            found.setdefault(tp.topic, {})[str(tp.partition)] = {
                "stored": stored,
                "end": end,
                "lag": end - stored,
            }
        return found

    def _end(self, tp: TopicPartition) -> int:
        try:
            return self._app.consumer.highwater(TP(*tp)) or 0
        except AssertionError:  # aiokafka's, between two assignments
            return 0

    def _open_windows(self) -> int:
        """Count the window rows of the current minute."""
        minute = datetime.now(UTC).replace(second=0, microsecond=0)
        return sum(
            len(table.data[key])
            for table in self._tables.values()
            for key in table.data
            if entry_start(key) >= minute
        )

    def _traffic(self) -> dict[str, dict[str, float]]:
        minute = datetime.now(UTC).replace(second=0, microsecond=0)
        kilobits: Counter[str] = Counter()
        seconds: Counter[str] = Counter()
        data = self._tables[_TRAFFIC].data
        for key in data:
            if entry_start(key) == minute:
                for cdn, measures in data[key].items():
                    kilobits[cdn] += measures["kilobits"]
                    seconds[cdn] += measures["session_seconds"]
        return {
            cdn: {
                "traffic_mbps": kilobits[cdn] / 60 / 1_000,
                "concurrent_sessions": seconds[cdn] / 60,
            }
            for cdn in sorted(kilobits)
        }


def _memory_bytes() -> int | None:
    """Give what the process holds of the machine's memory; None where there is no /proc."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")
