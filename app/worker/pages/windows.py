"""Live tables as pages show them: windows of all partitions together, the largest keys first."""

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Context, Decimal
from typing import Any

from app.worker.pages.facts import Number, Row, TableFacts, WindowRows
from batching.table import WindowTable, entry_partition
from models.windows import First, Last, Max, Measure, Min, Window

_LIKE = 50
_EXACT = Context(prec=200)
_Entry = Mapping[str, Mapping[str, Any]]


class LiveWindow:
    """One live table of this worker, to look at."""

    def __init__(self, window: Window, table: WindowTable) -> None:
        self.window = window
        self._table = table

    def newest(self, most: int) -> WindowRows:
        """Give the largest keys of the newest window."""
        starts = self._starts()
        return self._rows(starts[0], most) if starts else WindowRows("")

    def facts(self, start: str, key: str, most: int) -> TableFacts:
        """Give one window, the newest where `start` is empty, and what there is of a key."""
        starts = self._starts()
        shown = start or (starts[0] if starts else "")
        return TableFacts(
            starts=starts,
            window=self._rows(shown, most) if shown in starts else None,
            found=self._found(key) if key else {},
            like=self._like(key) if key else [],
        )

    def _starts(self) -> list[str]:
        return sorted({_start(name) for name in self._table.data}, reverse=True)

    def _entries(self) -> Iterator[tuple[str, int, _Entry]]:
        for name in list(self._table.data):
            yield _start(name), entry_partition(name), self._table.data[name]

    def _rows(self, start: str, most: int) -> WindowRows:
        parts = [
            (partition, entry) for begun, partition, entry in self._entries() if begun == start
        ]
        weights = self._weights(entry for _, entry in parts)
        keys = heapq.nlargest(most, weights, key=weights.__getitem__)
        rows = (
            Row(key, _plain(entry[key]), partition)
            for key in keys
            for partition, entry in parts
            if key in entry
        )
        return WindowRows(start, len(weights), merged(self.window, rows))

    def _weights(self, entries: Iterable[_Entry]) -> dict[str, Any]:
        """Add the first measure up, of all keys: only the largest are worth a row each."""
        first = self.window.measures[0].name
        weights: dict[str, Any] = {}
        for entry in entries:
            for key, measures in entry.items():
                weights[key] = weights.get(key, 0) + measures[first]
        return weights

    def _found(self, key: str) -> dict[str, list[Row]]:
        found: defaultdict[str, list[Row]] = defaultdict(list)
        for start, partition, entry in self._entries():
            if key in entry:
                found[start].append(Row(key, _plain(entry[key]), partition))
        return {start: merged(self.window, rows) for start, rows in found.items()}

    def _like(self, text: str) -> list[str]:
        text = text.casefold()
        found: set[str] = set()
        for _, _, entry in self._entries():
            for key in entry:
                if text in key.casefold():
                    found.add(key)
                    if len(found) == _LIKE:
                        return sorted(found)
        return sorted(found)


def merged(window: Window, rows: Iterable[Row]) -> list[Row]:
    """Add the partitions of each key up.

    The first or last value of a window cannot be told from two partitions' values alone, as the
    sequence that it won by is not in the live tables: such rows stay as they are.
    """
    if not adds_up(window):
        return list(rows)
    found: dict[str, dict[str, Number]] = {}
    for row in rows:
        if row.key in found:
            found[row.key] = _merge(window, found[row.key], row.measures)
        else:
            found[row.key] = row.measures
    return [Row(key, measures) for key, measures in found.items()]


def adds_up(window: Window) -> bool:
    return not any(isinstance(measure, First | Last) for measure in window.measures)


def largest(window: Window, rows: Sequence[Row], most: int) -> list[Row]:
    """Give the rows with most of the window's first measure, the largest first."""
    first = window.measures[0].name
    return heapq.nlargest(most, rows, key=lambda row: exact(row.measures.get(first, 0)))


def exact(number: Number) -> int | float | Decimal:
    """Read a measure; what is none counts as 0, as another worker may be of another version."""
    if not isinstance(number, str):
        return number
    try:
        read = Decimal(number)
    except ArithmeticError:
        return 0
    return read if read.is_finite() else 0


def _merge(
    window: Window, one: Mapping[str, Number], other: Mapping[str, Number]
) -> dict[str, Number]:
    return {
        measure.name: _together(measure)(one[measure.name], other[measure.name])
        for measure in window.measures
        if measure.name in one and measure.name in other
    }


def _together(measure: Measure) -> Callable[[Number, Number], Number]:
    if isinstance(measure, Min):
        return lambda one, other: min(one, other, key=exact)
    if isinstance(measure, Max):
        return lambda one, other: max(one, other, key=exact)
    return _sum


def _sum(one: Number, other: Number) -> Number:
    if isinstance(one, str) or isinstance(other, str):
        return str(_EXACT.add(Decimal(exact(one)), Decimal(exact(other))))
    return one + other


def _plain(measures: Mapping[str, Any]) -> dict[str, Number]:
    return {
        name: value if isinstance(value, int | float) else str(value)
        for name, value in measures.items()
    }


def _start(name: str) -> str:
    return name.rpartition(".p")[0]
