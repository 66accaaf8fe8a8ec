"""Rows of a window with bars beside their numbers, and what there is of one key."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from agents.live_tables import LARGEST
from app.worker.pages.facts import Number, Row, TableFacts, WindowRows
from app.worker.pages.windows import exact, largest, merged
from app.worker.pages.worker import TABLE_KEYS
from models.streams import Stream
from models.windows import Window


@dataclass(frozen=True, slots=True)
class RowShown:
    """A row; `share` is its first measure's share of the largest, between 0 and 1."""

    key: str
    partition: int | None
    numbers: Sequence[Number | None]
    share: float
    start: str = ""


@dataclass(frozen=True, slots=True)
class TableRows:
    """A window's rows; `measures` names the numbers.

    `keys` is how many keys the window has; with `has_more` there are so many at least.
    """

    name: str
    stream: str
    key_names: Sequence[str]
    measures: Sequence[str]
    start: str
    rows: Sequence[RowShown]
    keys: int
    has_more: bool = False
    seconds: int = 60


@dataclass(frozen=True, slots=True)
class TablePage:
    """One live table, as all workers that answered see it."""

    newest: TableRows
    starts: Sequence[str]
    key: str
    found: TableRows
    like: Sequence[str]
    silent: Mapping[str, str]


def newest_of(stream: Stream, window: Window, told: Sequence[WindowRows], most: int) -> TableRows:
    """Put together the newest window that any worker told of."""
    start = max((one.start for one in told), default="")
    newest = [one for one in told if one.start == start]
    rows = merged(window, (row for one in newest for row in one.rows))
    # a live table keeps the largest keys of each partition, and a worker tells the largest of those
    is_cut = any(one.keys >= LARGEST for one in newest)
    told_all = len(newest) == 1 or all(len(one.rows) >= one.keys for one in newest)
    keys = max([len(rows), *(one.keys for one in newest)])
    shown = largest(window, rows, most)
    return rows_of(stream, window, start, shown, keys, has_more=is_cut or not told_all)


def rows_of(
    stream: Stream,
    window: Window,
    start: str,
    rows: Sequence[Row],
    keys: int,
    *,
    has_more: bool = False,
) -> TableRows:
    measures = _measures(stream, window)
    return TableRows(
        window.name,
        stream.topic,
        window.keys,
        measures,
        start,
        _shown(measures, [(start, row) for row in rows]),
        keys,
        has_more,
        window.seconds,
    )


def table_page(
    stream: Stream,
    window: Window,
    answers: Iterable[TableFacts],
    key: str,
    silent: Mapping[str, str],
) -> TablePage:
    """Put together what workers told of a table."""
    told = list(answers)
    windows = [facts.window for facts in told if facts.window is not None]
    return TablePage(
        newest_of(stream, window, windows, TABLE_KEYS),
        sorted({one for facts in told for one in facts.starts}, reverse=True),
        key,
        _found(stream, window, told),
        sorted({one for facts in told for one in facts.like} - {key}),
        silent,
    )


def _found(stream: Stream, window: Window, told: Sequence[TableFacts]) -> TableRows:
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for facts in told:
        for start, rows in facts.found.items():
            found[start].extend(rows)
    places = [
        (start, row)
        for start in sorted(found, reverse=True)
        for row in merged(window, found[start])
    ]
    measures = _measures(stream, window)
    return TableRows(
        window.name,
        stream.topic,
        window.keys,
        measures,
        "",
        _shown(measures, places),
        len(places),
        seconds=window.seconds,
    )


def _measures(stream: Stream, window: Window) -> list[str]:
    """Order the measures: first what bars go by, then what the stream's headline shows."""
    first, *others = [measure.name for measure in window.measures]
    headline = stream.headline
    told = headline.shown if headline and headline.window == window.name else ""
    return [first, *([told] if told in others else []), *(name for name in others if name != told)]


def _shown(measures: Sequence[str], places: Sequence[tuple[str, Row]]) -> list[RowShown]:
    most = max((_first(measures, row) for _, row in places), default=0.0)
    rows_of_key = Counter((start, row.key) for start, row in places)
    return [
        RowShown(
            row.key,
            row.partition if rows_of_key[start, row.key] > 1 else None,
            [row.measures.get(name) for name in measures],
            _first(measures, row) / most if most > 0 else 0.0,
            start,
        )
        for start, row in places
    ]


def _first(measures: Sequence[str], row: Row) -> float:
    return float(exact(row.measures.get(measures[0], 0)))
