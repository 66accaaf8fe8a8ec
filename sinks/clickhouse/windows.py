"""Windows as ClickHouse computes them: views that people read, and projections that make them fast.

A projection is part of each part of its table, written and merged with it: it can neither miss rows
nor count them twice. A materialized view can: it is another table, with an INSERT of its own that
a retry repeats or drops by itself.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from math import inf
from operator import mul

from models.money import DECIMALS, minor_units
from models.quality import IsFrom, is_said, is_some, of_said, of_some, or_nothing
from models.streams import Stream
from models.windows import First, Last, Max, Measure, Min, Sum, Window
from sinks.clickhouse.column_types import ColumnType, column_types
from sinks.clickhouse.names import REFUSED, Names, quoted

_MOST_MEASURES = 12
_COUNTS = re.compile(r"\((?P<column>\w+) = '(?P<value>\w+)'\)::int")
"""How a measure says in PostgreSQL's words that it counts some of the events."""


def view_sql(names: Names, stream: Stream, window: Window) -> str:
    """Make the view of a window over the good rows; empty where a measure has no SQL here."""
    measures = list(_measures(window, "r."))
    if not all(sql for _, sql in measures):
        return ""
    start = _start(stream, window, "r.")
    keys = [f"r.{quoted(key)}" for key in window.keys]
    shown = [
        f"{start} AS window_start",
        *(f"{key} AS {quoted(name)}" for key, name in zip(keys, window.keys, strict=True)),
        *(f"{sql} AS {quoted(name)}" for name, sql in measures),
    ]
    return (
        f"CREATE OR REPLACE VIEW {names.view(window.name)} AS\nSELECT {', '.join(shown)}\n"
        f"FROM {names.records} AS r WHERE r.{quoted(REFUSED)} = ''\n"
        f"GROUP BY {', '.join([start, *keys])}"
    )


def projections(stream: Stream) -> dict[str, str]:
    """Give the projections that the windows are read from, by name.

    A window that another one can be added up from needs none; nor has one by a key of many values
    (a user, a title): its projection would be as large as the table. Nor has one of many measures,
    which every insert would have to add up.
    """
    types = column_types(stream)
    worth = [window for window in stream.windows if _is_worth_it(window, types)]
    needed = [one for one in worth if not any(_covers(other, one) for other in worth)]
    return {f"by_{window.name}": _projection(stream, window) for window in needed}


def _projection(stream: Stream, window: Window) -> str:
    start = _start(stream, window, "")
    groups = [quoted(REFUSED), start, *map(quoted, window.keys)]
    shown = [*groups, *(sql for _, sql in _measures(window, ""))]
    return f"SELECT {', '.join(shown)} GROUP BY {', '.join(groups)}"


def _is_worth_it(window: Window, types: dict[str, ColumnType]) -> bool:
    has_sql = all(sql for _, sql in _measures(window, ""))
    return (
        has_sql
        and len(window.measures) <= _MOST_MEASURES
        and all(
            types[key].is_one_of_few or types[key].sql.endswith(("Int32", "Int64"))
            for key in window.keys
        )
    )


def _covers(other: Window, one: Window) -> bool:
    return (
        other.seconds == one.seconds
        and set(other.keys) > set(one.keys)
        and set(_measures(other, "")) >= set(_measures(one, ""))
    )


def _start(stream: Stream, window: Window, of: str) -> str:
    time = f"{of}{quoted(stream.event_time)}"
    return f"toStartOfInterval({time}, toIntervalSecond({window.seconds}))"


def _measures(window: Window, of: str) -> Iterator[tuple[str, str]]:
    for measure in window.measures:
        yield from _measure(measure, of)


def _measure(measure: Measure, of: str) -> list[tuple[str, str]]:
    columns = [f"{of}{quoted(name)}" for name in measure.of]
    if isinstance(measure, First | Last):
        sequence, value = columns
        function = "Min" if isinstance(measure, First) else "Max"
        return [
            (f"{measure.name}_sequence", f"{function.lower()}({sequence})"),
            (measure.name, f"arg{function}({value}, ({sequence}, {value}))"),
        ]
    if isinstance(measure, Sum) and not columns:
        return [(measure.name, "count()")]
    value = _value(measure, columns)
    function = {Sum: "sum", Min: "min", Max: "max"}.get(type(measure), "")
    return [(measure.name, f"{function}({value})" if function and value else "")]


def _value(measure: Measure, columns: Sequence[str]) -> str:
    # what a stream computes in Python, in ClickHouse's words; its `sql` is PostgreSQL's
    if measure.takes_column_as_it_is:
        return columns[0]
    if measure.value is mul:
        return " * ".join(columns)
    if measure.value is minor_units:
        amount, currency = columns
        names = ", ".join(f"'{name}'" for name in DECIMALS)
        units = ", ".join(str(10**places) for places in DECIMALS.values())
        return f"toInt64({amount} * transform({currency}, [{names}], [{units}], 100))"
    if quality := _quality(measure.value, columns):
        return quality
    if (counted := _COUNTS.fullmatch(measure.sql)) and [counted["column"]] == list(measure.of):
        return f"({columns[0]} = '{counted['value']}')"
    return ""


def _quality(value: Callable[..., object] | None, columns: Sequence[str]) -> str:
    first, last = columns[0], columns[-1]
    if isinstance(value, IsFrom):
        below = "" if value.end == inf else f" AND {first} < {value.end:.0f}"
        return f"ifNull({first} >= {value.first}{below}, 0)"
    words: dict[object, str] = {
        or_nothing: f"ifNull({first}, 0)",
        is_said: f"isNotNull({first})",
        is_some: f"ifNull({first} > 0, 0)",
        of_said: f"if(isNull({last}), 0, {first})",
        of_some: f"if(ifNull({last} > 0, 0), {first}, 0)",
    }
    return words.get(value, "")
