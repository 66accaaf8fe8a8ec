"""One key of a window, looked up: its numbers over all partitions."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import reduce
from typing import Any

from models.windows import First, Last, Measure, Window


def numbers_by_window(
    window: Window, entries: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Add the entries of one key up by window: measures by the window's start, the newest first.

    `entries` has measures by entries' keys. Where several partitions have a first or last value it
    is None, as entries do not say which of them came first: the database does.
    """
    found: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for entry, measures in entries.items():
        found[entry.rpartition(".p")[0]].append(measures)
    return {
        start: {
            one.name: _merged(one, [part[one.name] for part in found[start]])
            for one in window.measures
        }
        for start in sorted(found, reverse=True)
    }


def _merged(measure: Measure, values: Sequence[Any]) -> Any:
    if len(values) == 1:
        return values[0]
    if isinstance(measure, First | Last):
        return values[0] if len(set(map(str, values))) == 1 else None
    if measure.kind == "numeric":  # other workers' came as JSON, which has them as strings
        values = [Decimal(str(value)) for value in values]
    return reduce(measure.merge, values)
