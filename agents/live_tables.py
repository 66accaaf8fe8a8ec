"""Window totals in Faust tables: what the web pages show and steering will read.

Totals arrive after each commit; a timer writes the newest into the tables, once a second, as each
write is a changelog record. Kept are the windows of the last hour, or the last two where they are
long, and the 1,000 largest keys of each.
"""

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import faust

from batching.table import (
    WindowTable,
    changelogs_are_written,
    entry_key,
    entry_partition,
    entry_start,
    key_label,
)
from models.fold import Row
from models.windows import Window
from sinks.base import Totals

KEPT = timedelta(hours=1)
_LARGEST = 1_000
_LARGE = 100
_LARGE_EVERY = timedelta(seconds=10)
"""An entry of so many keys is written seldom: each write is a changelog record of all of them."""
_APPLY_SECONDS = 1.0

Entry = dict[str, dict[str, Any]]
"""One window of one partition: measures by the window's key, as `key_label` names it."""


class LiveTables:
    """The newest totals, on their way into the tables."""

    def __init__(self, tables: Mapping[Window, WindowTable], now: Callable[[], datetime]) -> None:
        self._tables = tables
        self._now = now
        self._news: dict[tuple[Window, str], Entry] = {}
        self._written: dict[tuple[Window, str], datetime] = {}

    def oldest_start(self, window: Window) -> int:
        """Give the earliest start that is kept, in microseconds since 1970."""
        kept = max(KEPT, timedelta(seconds=2 * window.seconds))  # the open one and one that is over
        return int((self._now() - kept).timestamp()) * 1_000_000

    def offer(self, totals: Totals) -> None:
        """Take totals in; they show within a second."""
        for window, rows in totals.items():
            oldest = self.oldest_start(window)
            news: defaultdict[str, Entry] = defaultdict(dict)
            for key, row in rows.items():
                if key[0] >= oldest:
                    news[entry_key(key[0], key[1])][key_label(key[2:])] = _measures(window, row)
            for name, entry in news.items():
                self._news.setdefault((window, name), {}).update(entry)

    def drop_partitions(self, partitions: Iterable[int]) -> None:
        """Forget partitions that left, or that are about to be filled again."""
        partitions = set(partitions)
        for window, name in list(self._news):
            if entry_partition(name) in partitions:
                del self._news[window, name]
        for window, name in list(self._written):
            if entry_partition(name) in partitions:
                del self._written[window, name]
        for table in self._tables.values():
            table.drop_partitions(partitions)

    def apply(self) -> None:
        """Write the news into the tables and drop windows that are too old."""
        for (window, name), entry in list(self._news.items()):
            table = self._tables[window]
            merged = {**(table.data.get(name) or {}), **entry}
            if table.takes(name) and self._is_due((window, name), len(merged)):
                table[name] = _largest(window, merged)
                self._written[window, name] = self._now()
                del self._news[window, name]
        for window, table in self._tables.items():
            oldest = datetime.fromtimestamp(self.oldest_start(window) / 1_000_000, tz=UTC)
            for name in [name for name in table.data if entry_start(name) < oldest]:
                del table[name]
                self._written.pop((window, name), None)

    def _is_due(self, place: tuple[Window, str], keys: int) -> bool:
        written = self._written.get(place)
        return keys <= _LARGE or written is None or self._now() - written >= _LARGE_EVERY


def attach(app: faust.App, tables: Sequence[LiveTables]) -> None:
    """Attach the timer that writes the news of all streams."""

    @app.timer(_APPLY_SECONDS, name="live-tables")  # type: ignore[untyped-decorator]  # Faust's
    async def apply() -> None:
        if changelogs_are_written(app):
            for live in tables:
                live.apply()


def _measures(window: Window, row: Row) -> dict[str, Any]:
    return {
        # of a first or last only the value is shown, not the sequence that it won by
        measure.name: value[-1] if isinstance(value, tuple) else value
        for measure, value in zip(window.measures, row, strict=True)
    }


def _largest(window: Window, entry: Entry) -> Entry:
    if len(entry) <= _LARGEST:
        return entry
    first = window.measures[0].name
    return dict(heapq.nlargest(_LARGEST, entry.items(), key=lambda item: item[1][first]))
