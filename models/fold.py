"""Folding: from rows by column to window deltas. Pure.

Equal contributions are counted first, in C, and each distinct one is folded once with its count: a
heartbeat's network, CDN and bitrate come from short lists, so a batch of thousands of rows has some
hundred distinct contributions. A window whose keys are a subset of another's is rolled up from it
instead of being folded again.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from models.windows import Measure, Window

Key = tuple[Any, ...]
"""(window_start in microseconds since 1970, partition, *the window's keys)."""

Row = tuple[Any, ...]
"""One value for each measure, in the window's order."""

Deltas = dict[Window, dict[Key, Row]]

_SECOND = 1_000_000


def fold(
    windows: Sequence[Window],
    partition: int,
    event_times: Sequence[int],
    columns: Mapping[str, Sequence[Any]],
) -> Deltas:
    """Fold rows, given by column, into the deltas of each window."""
    deltas: Deltas = {}
    # more keys first, so that what can be rolled up finds its base
    for window in sorted(windows, key=lambda window: -len(window.keys)):
        base = next((done for done in deltas if _contains(done, window)), None)
        deltas[window] = (
            _count(window, partition, event_times, columns)
            if base is None
            else _roll_up(base, window, deltas[base])
        )
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


def _count(
    window: Window,
    partition: int,
    event_times: Sequence[int],
    columns: Mapping[str, Sequence[Any]],
) -> dict[Key, Row]:
    length = window.seconds * _SECOND
    starts = [time - time % length for time in event_times]
    fields = sorted({name for measure in window.measures for name in measure.of})
    counts = Counter(zip(starts, *(columns[name] for name in (*window.keys, *fields)), strict=True))
    width = 1 + len(window.keys)
    at = {name: width + index for index, name in enumerate(fields)}
    rows: dict[Key, Row] = {}
    for combination, count in counts.items():
        key = (combination[0], partition, *combination[1:width])
        row = tuple(
            measure.weigh(measure.value(*(combination[at[name]] for name in measure.of)), count)
            for measure in window.measures
        )
        _merge_row(window.measures, rows, key, row)
    return rows


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
