"""A histogram's numbers, cheap to add to."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence


class Buckets:
    """How many values were at most each bound, and more than the one before it."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)  # the last one: above all bounds
        self.total = 0.0

    def add(self, values: Iterable[float]) -> None:
        for value in values:
            self.counts[bisect_left(self.bounds, value)] += 1
            self.total += value
