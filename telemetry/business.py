"""Business metrics: what windows grew by, as counters with few labels."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from telemetry.exposition import Sample
from telemetry.metrics import BUSINESS, MOST_VALUES, BusinessMetric

_OTHER = "other"


class BusinessCounts:
    """Counts of one stream's windows. They only go up; a restart begins at 0."""

    def __init__(self, windows: Mapping[str, tuple[Sequence[str], Sequence[str]]]) -> None:
        """`windows` has key columns and measures of each window, by its name."""
        self._counts = {
            metric: _Count(*_places(metric, *windows[metric.window]))
            for metric in BUSINESS
            if metric.window in windows
        }

    def add(self, window: str, rows: Mapping[tuple[Any, ...], tuple[Any, ...]]) -> None:
        """Take in what a window grew by: measures by (window_start, partition, *keys)."""
        for metric, count in self._counts.items():
            if metric.window == window:
                count.add(rows.items())

    def samples(self) -> Iterator[Sample]:
        for metric, count in self._counts.items():
            for labels, value in count.values.items():
                yield metric, labels, value


class _Count:
    def __init__(self, measure: int, keys: Sequence[int]) -> None:
        self._measure = measure
        self._keys = keys
        self.values: Counter[tuple[str, ...]] = Counter()

    def add(self, rows: Iterable[tuple[tuple[Any, ...], tuple[Any, ...]]]) -> None:
        for key, row in rows:
            labels = tuple(str(key[place]) for place in self._keys)
            if labels not in self.values and len(self.values) >= MOST_VALUES:
                labels = (_OTHER,) * len(labels)
            self.values[labels] += row[self._measure]


def _places(
    metric: BusinessMetric, keys: Sequence[str], measures: Sequence[str]
) -> tuple[int, list[int]]:
    first = 2  # after window_start and partition
    return measures.index(metric.measure), [first + keys.index(key) for key in metric.keys]
