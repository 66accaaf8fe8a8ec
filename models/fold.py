"""Folding: from rows by column to window deltas. Pure.

Equal contributions are counted first, in C, and each distinct one is folded once with its count: a
heartbeat's network, CDN and bitrate come from short lists, so tens of thousands of rows have some
thousand distinct contributions. A window whose keys are a subset of another's is rolled up from it
instead of being folded again.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, compress
from operator import itemgetter
from typing import Any

from models.windows import Measure, Sum, Window

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
        self._parts = {window: _parts(window) for window in set(self._base.values())}
        self._counts: defaultdict[tuple[Window, int, _Part], Counter[Key]] = defaultdict(Counter)

    def add(
        self, partition: int, event_times: Sequence[int], columns: Mapping[str, Sequence[Any]]
    ) -> None:
        """Take in rows, given by column; times are in microseconds since 1970."""
        starts: dict[int, list[int]] = {}
        for window, parts in self._parts.items():
            length = window.seconds * _SECOND
            if length not in starts:
                starts[length] = [time - time % length for time in event_times]
            keys = [columns[name] for name in window.keys]
            for part in parts:
                fields = [columns[name] for name in part.fields]
                given: list[Sequence[Any]] = [starts[length], *keys, *fields]
                if part.may_be_left_out and fields[0].count(None) > len(event_times) / 2:
                    given = _said(given)
                self._counts[window, partition, part].update(zip(*given, strict=True))

    def deltas(self) -> Deltas:
        """Give the deltas of all rows taken in."""
        deltas: Deltas = {window: {} for window in self._windows}
        found: dict[Window, dict[_Part, dict[Key, Row]]] = {}
        for window, parts in self._parts.items():
            found[window] = {part: {} for part in parts}
        for (window, partition, part), counts in self._counts.items():
            _expand(window, partition, part, counts, found[window][part])
        for window, rows in found.items():
            deltas[window] = _side_by_side(rows)
        for window, base in self._base.items():
            if base != window:
                deltas[window] = _roll_up(base, window, deltas[base])
        return deltas


def _said(columns: Sequence[Sequence[Any]]) -> list[Sequence[Any]]:
    """Leave out the rows that have nothing in the last column."""
    said = [value is not None for value in columns[-1]]
    return [list(compress(values, said)) for values in columns]


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


@dataclass(frozen=True, slots=True)
class _Part:
    """Measures of a window that are folded together, by their places, and the columns they need."""

    places: tuple[int, ...]
    fields: tuple[str, ...]
    may_be_left_out: bool
    """Whether events that do not say its one field add nothing: sums of zeros."""


def _parts(window: Window) -> list[_Part]:
    found: defaultdict[str, list[int]] = defaultdict(list)
    for place, measure in enumerate(window.measures):
        alone = measure.of[0] if len(measure.of) == 1 else ""
        found[alone if alone in window.apart else ""].append(place)
    return [_part(window, places, is_apart=bool(field)) for field, places in found.items()]


def _part(window: Window, places: Sequence[int], *, is_apart: bool) -> _Part:
    measures = [window.measures[place] for place in places]
    fields = sorted({name for measure in measures for name in measure.of})
    nothing = is_apart and all(
        isinstance(measure, Sum) and measure.value(None) == 0 for measure in measures
    )
    return _Part(tuple(places), tuple(fields), may_be_left_out=nothing)


def _expand(
    window: Window,
    partition: int,
    part: _Part,
    counts: Mapping[Key, int],
    rows: dict[Key, Row],
) -> None:
    measures = [window.measures[place] for place in part.places]
    if not part.fields:  # only numbers of events: the counts are the sums
        for (start, *keys), count in counts.items():
            rows[start, partition, *keys] = (count,) * len(measures)
        return
    width = 1 + len(window.keys)
    computed = _Computed(measures, part.fields)
    found: defaultdict[Key, tuple[list[Row], list[int]]] = defaultdict(lambda: ([], []))
    for contribution, count in counts.items():
        values, times = found[contribution[:width]]
        values.append(computed[contribution[width:]])
        times.append(count)
    for (start, *keys), (values, times) in found.items():
        rows[start, partition, *keys] = tuple(
            measure.merge_all(of_measure, times)
            for measure, of_measure in zip(measures, zip(*values, strict=True), strict=True)
        )


class _Computed(dict[Row, Row]):
    """The measures' values by their columns' values: many keys have the same few."""

    def __init__(self, measures: Sequence[Measure], fields: Sequence[str]) -> None:
        super().__init__()
        self._values = [
            measure.values([fields.index(name) for name in measure.of]) for measure in measures
        ]

    def __missing__(self, fields: Row) -> Row:
        self[fields] = values = tuple(value(fields) for value in self._values)
        return values


def _side_by_side(parts: Mapping[_Part, Mapping[Key, Row]]) -> dict[Key, Row]:
    """Put the parts of each row together; one that was left out is zeros."""
    if len(parts) == 1:
        return dict(*parts.values())
    places = [place for part in parts for place in part.places]
    order = sorted(range(len(places)), key=places.__getitem__)
    put = itemgetter(*order)
    nothing = [(0,) * len(part.places) for part in parts]
    keys = dict.fromkeys(key for rows in parts.values() for key in rows)
    return {
        key: put(
            list(
                chain.from_iterable(
                    rows.get(key, zeros)
                    for rows, zeros in zip(parts.values(), nothing, strict=True)
                )
            )
        )
        for key in keys
    }


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
