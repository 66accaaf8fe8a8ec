"""Folding: from rows by column to window deltas. Pure.

Equal contributions are counted first, in C, and each distinct one is folded once with its count: a
heartbeat's network, CDN and bitrate come from short lists, so tens of thousands of rows have some
thousand distinct contributions. A window whose keys are a subset of another's is rolled up from it
instead of being folded again.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from models.windows import Measure, Window

Key = tuple[Any, ...]
"""(window_start in microseconds since 1970, partition, *the window's keys)."""

Row = tuple[Any, ...]
"""One value for each measure, in the window's order."""

Deltas = dict[Window, dict[Key, Row]]

_SECOND = 1_000_000


class Fold:
    """Folds the rows of many batches into the deltas of each window."""

    def __init__(self, windows: Sequence[Window]) -> None:
        # more keys first, so that what can be rolled up finds its base
        self._windows = sorted(windows, key=lambda window: -len(window.keys))
        self._base = {
            window: next(base for base in self._windows if _contains(base, window))
            for window in self._windows
        }
        self._counts: defaultdict[tuple[Window, int], Counter[Key]] = defaultdict(Counter)

    def add(
        self, partition: int, event_times: Sequence[int], columns: Mapping[str, Sequence[Any]]
    ) -> None:
        """Take in rows, given by column; times are in microseconds since 1970."""
        for window in set(self._base.values()):
            length = window.seconds * _SECOND
            starts = [time - time % length for time in event_times]
            contributions = zip(starts, *(columns[name] for name in _names(window)), strict=True)
            self._counts[window, partition].update(contributions)

    def deltas(self) -> Deltas:
        """Give the deltas of all rows taken in."""
        deltas: Deltas = {window: {} for window in self._windows}
        for (window, partition), counts in self._counts.items():
            _expand(window, partition, counts, deltas[window])
        for window, base in self._base.items():
            if base != window:
                deltas[window] = _roll_up(base, window, deltas[base])
        return deltas


def merge_deltas(into: Deltas, more: Deltas) -> None:
    """Merge `more` into `into`, key by key."""
    for window, rows in more.items():
        _merge_rows(window.measures, into.setdefault(window, {}), rows)


def _contains(base: Window, window: Window) -> bool:
    return (
        set(window.keys) <= set(base.keys)
        and base.seconds == window.seconds
        and base.measures == window.measures
    )


def _fields(window: Window) -> list[str]:
    return sorted({name for measure in window.measures for name in measure.of})


def _names(window: Window) -> list[str]:
    return [*window.keys, *_fields(window)]


def _expand(
    window: Window, partition: int, counts: Mapping[Key, int], rows: dict[Key, Row]
) -> None:
    fields = _fields(window)
    if not fields:  # only numbers of events: the counts are the sums
        for (start, *keys), count in counts.items():
            rows[start, partition, *keys] = (count,) * len(window.measures)
        return
    width = 1 + len(window.keys)
    at = {name: width + index for index, name in enumerate(fields)}
    values = [measure.values([at[name] for name in measure.of]) for measure in window.measures]
    found: defaultdict[Key, tuple[list[Key], list[int]]] = defaultdict(lambda: ([], []))
    for contribution, count in counts.items():
        contributions, times = found[contribution[:width]]
        contributions.append(contribution)
        times.append(count)
    for (start, *keys), (contributions, times) in found.items():
        rows[start, partition, *keys] = tuple(
            measure.merge_all(map(value, contributions), times)
            for measure, value in zip(window.measures, values, strict=True)
        )


def _roll_up(base: Window, window: Window, rows: Mapping[Key, Row]) -> dict[Key, Row]:
    positions = [2 + base.keys.index(name) for name in window.keys]
    rolled: dict[Key, Row] = {}
    for key, row in rows.items():
        coarse = (key[0], key[1], *(key[position] for position in positions))
        _merge_row(window.measures, rolled, coarse, row)
    return rolled


def _merge_rows(measures: Sequence[Measure], into: dict[Key, Row], more: Mapping[Key, Row]) -> None:
    for key, row in more.items():
        _merge_row(measures, into, key, row)


def _merge_row(measures: Sequence[Measure], into: dict[Key, Row], key: Key, row: Row) -> None:
    held = into.get(key)
    into[key] = (
        row
        if held is None
        else tuple(
            measure.merge(one, other)
            for measure, one, other in zip(measures, held, row, strict=True)
        )
    )
