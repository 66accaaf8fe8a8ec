"""The SQL that merges window deltas into a window's table, made from the window's declaration."""

from collections.abc import Iterable, Sequence
from typing import Any

from models.fold import Key, Row
from models.streams import Stream
from models.windows import First, Last, Max, Measure, Min, Sum, Window

_MOST_TOTALS = 100_000
_FROM_MICROSECONDS = "to_timestamp(window_start / 1000000) AS window_start"
_TO_MICROSECONDS = "(extract(epoch FROM window_start) * 1000000)::int8 AS window_start"


def upsert_sql(stream: Stream, window: Window) -> str:
    """Give the statement; its parameters are one array for each column (`arrays`).

    It returns the new totals of every row that it touched, in the columns' order.
    """
    columns = _columns(stream, window)
    names = [name for name, _ in columns]
    given = ", ".join(f"${index}::{kind}[]" for index, (_, kind) in enumerate(columns, start=1))
    merges = ", ".join(
        ["window_seconds = GREATEST(held.window_seconds, excluded.window_seconds)"]
        + [merge for measure in window.measures for merge in _merges(measure)]
    )
    return (
        f"INSERT INTO {window.table} AS held "  # noqa: S608 - declared names
        f"({', '.join([*names, 'window_seconds'])}) "
        f"SELECT {', '.join([_FROM_MICROSECONDS, *names[1:]])}, {window.seconds} "
        f"FROM unnest({given}) AS delta ({', '.join(names)}) "
        f"ON CONFLICT ({', '.join(names[: 2 + len(window.keys)])}) DO UPDATE SET {merges} "
        f"RETURNING {', '.join([_TO_MICROSECONDS, *names[1:]])}"
    )


def totals_sql(stream: Stream, window: Window) -> str:
    """Give the query for the totals of partitions $1, in windows from $2 (microseconds) on.

    The newest first, and not more than a page shows: an hour of many users is millions of rows.
    """
    names = [name for name, _ in _columns(stream, window)]
    return (
        f"SELECT {', '.join([_TO_MICROSECONDS, *names[1:]])} "  # noqa: S608 - declared names
        f"FROM {window.table} WHERE partition = ANY($1::int4[]) "
        "AND window_start >= to_timestamp($2::int8 / 1000000) "
        f"ORDER BY {window.table}.window_start DESC LIMIT {_MOST_TOTALS}"
    )


def arrays(rows: Iterable[tuple[Key, Row]]) -> list[Sequence[Any]]:
    """Turn deltas into the statement's parameters, sorted by key.

    Sorted, so that two workers which upsert the same rows (one of them is fenced a moment later)
    lock them in the same order.
    """
    return list(zip(*((*key, *_flat(row)) for key, row in sorted(rows)), strict=True))


def read_totals(window: Window, records: Iterable[Iterable[Any]]) -> dict[Key, Row]:
    """Turn what the statements return into rows by key."""
    width = 2 + len(window.keys)
    totals: dict[Key, Row] = {}
    for record in records:
        values = tuple(record)
        totals[values[:width]] = _fold_up(window.measures, values[width:])
    return totals


def _columns(stream: Stream, window: Window) -> list[tuple[str, str]]:
    columns: list[tuple[str, str]] = [("window_start", "int8"), ("partition", "int4")]
    columns.extend((key, stream.column(key).kind) for key in window.keys)
    columns.extend(column for measure in window.measures for column in measure.columns)
    return columns


def _merges(measure: Measure) -> list[str]:
    name = measure.name
    match measure:
        case Sum():
            return [f"{name} = held.{name} + excluded.{name}"]
        case Min():
            return [f"{name} = LEAST(held.{name}, excluded.{name})"]
        case Max():
            return [f"{name} = GREATEST(held.{name}, excluded.{name})"]
        case First():
            return _by_sequence(name, "LEAST", "<")
        case Last():
            return _by_sequence(name, "GREATEST", ">")
        case _:
            raise TypeError(f"measure {name}: no SQL for {type(measure).__name__}")


def _by_sequence(name: str, extreme: str, before: str) -> list[str]:
    sequence = f"{name}_sequence"
    wins = f"(excluded.{sequence}, excluded.{name}) {before} (held.{sequence}, held.{name})"
    return [
        f"{sequence} = {extreme}(held.{sequence}, excluded.{sequence})",
        f"{name} = CASE WHEN {wins} THEN excluded.{name} ELSE held.{name} END",
    ]


def _flat(row: Row) -> Iterable[Any]:
    for value in row:
        if isinstance(value, tuple):
            yield from value
        else:
            yield value


def _fold_up(measures: Sequence[Measure], values: tuple[Any, ...]) -> Row:
    row: list[Any] = []
    for measure in measures:
        width = len(measure.columns)
        row.append(values[0] if width == 1 else values[:width])
        values = values[width:]
    return tuple(row)
