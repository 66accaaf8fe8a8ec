"""The SQL of a recompute, made from a window's declaration: what the stored raw rows fold into.

Each statement looks at the events, or windows that start, in [$1, $2).
"""

from collections.abc import Sequence

from models.streams import Stream
from models.windows import First, Last, Max, Measure, Min, Sum, Window
from sinks.postgres.recompute_weights import arrays, weighed

_EPOCH = "timestamptz '1970-01-01 00:00:00+00'"
_NUMBERS = {"int4", "int8", "numeric"}


def compare_sql(stream: Stream, window: Window) -> str:
    """Hold raw rows against windows; $3 is the length of a block in seconds.

    One statement, so one snapshot: a worker's transaction is in it with its rows and its windows,
    or not at all. A row for each block that has anything: its start, how many raw rows it has,
    what it weighs (recompute_weights.py) by its raw rows and by its windows, and how many windows
    differ.
    """
    names, keys = ", ".join(_names(window)), ", ".join(_keys(window))
    columns = ", ".join(dict.fromkeys(one.column for one in weighed(window)))
    nothing = ", ".join("NULL" for _ in columns.split(", "))
    return (
        f"WITH folded AS MATERIALIZED ({_fold(stream, window, 'count(*) AS raw_rows')}), "  # noqa: S608 - declared names
        f"folded_rows AS (SELECT {names} FROM folded), "
        f"held AS MATERIALIZED (SELECT {names} FROM {window.table} "
        "WHERE window_start >= $1 AND window_start < $2), "
        f"differing AS (SELECT DISTINCT {keys} FROM ("
        "(TABLE folded_rows EXCEPT TABLE held) UNION ALL (TABLE held EXCEPT TABLE folded_rows)"
        ") AS either) "
        f"SELECT date_bin(make_interval(secs => $3::int4), at, {_EPOCH}) AS block, "
        f"sum(raw_rows)::int8, {arrays(window, ' FILTER (WHERE is_folded)')}, "
        f"{arrays(window, ' FILTER (WHERE is_held)')}, sum(differs)::int8 "
        "FROM ("
        f"SELECT window_start AS at, raw_rows, true AS is_folded, false AS is_held, 0 AS differs, "
        f"{columns} FROM folded "
        f"UNION ALL SELECT window_start, 0, false, true, 0, {columns} FROM held "
        f"UNION ALL SELECT window_start, 0, false, false, 1, {nothing} FROM differing"
        ") AS parts GROUP BY block ORDER BY block"
    )


def weigh_sql(window: Window) -> str:
    """Give what the windows weigh."""
    return (
        f"SELECT {arrays(window)} FROM {window.table} "  # noqa: S608 - declared names
        "WHERE window_start >= $1 AND window_start < $2"
    )


def delete_sql(window: Window) -> str:
    # not in a WITH, to return what it deleted: TimescaleDB 2.23 fails then on compressed chunks
    return f"DELETE FROM {window.table} WHERE window_start >= $1 AND window_start < $2"  # noqa: S608 - declared names


def insert_sql(stream: Stream, window: Window) -> str:
    """Insert windows as the raw rows fold into them."""
    return f"INSERT INTO {window.table} ({', '.join(_names(window))}) {_fold(stream, window)}"


def lengths_sql(window: Window) -> str:
    """Give the lengths of the windows that are there, in seconds."""
    return (
        f"SELECT DISTINCT window_seconds FROM {window.table} "  # noqa: S608 - declared names
        "WHERE window_start >= $1 AND window_start < $2"
    )


def first_rows_sql(stream: Stream) -> str:
    """Give the start of the first hour with raw rows in it, from $1 until now."""
    time = stream.event_time
    return (
        "SELECT hour FROM generate_series($1::timestamptz, now(), '1 hour') AS hour "  # noqa: S608 - declared names
        f"WHERE EXISTS (SELECT FROM {stream.topic} "
        f"WHERE {time} >= hour AND {time} < hour + interval '1 hour') LIMIT 1"
    )


def _fold(stream: Stream, window: Window, *more: str) -> str:
    start = f"date_bin('{window.seconds} seconds', {stream.event_time}, {_EPOCH})"
    values = [start, f"{window.seconds}::int4", "kafka_partition", *window.keys]
    for measure in window.measures:
        values.extend(_aggregates(measure))
    named = map(" AS ".join, zip(values, _names(window), strict=True))
    # by position: a key is a column of the raw table too, and that would be grouped by
    groups = ["1", *(str(3 + index) for index in range(1 + len(window.keys)))]
    return (
        f"SELECT {', '.join([*named, *more])} FROM {stream.topic} "  # noqa: S608 - declared names
        f"WHERE {stream.event_time} >= $1 AND {stream.event_time} < $2 "
        f"GROUP BY {', '.join(groups)}"
    )


def _keys(window: Window) -> list[str]:
    return ["window_start", "partition", *window.keys]


def _names(window: Window) -> list[str]:
    start, *others = _keys(window)
    columns = [name for measure in window.measures for name, _ in measure.columns]
    return [start, "window_seconds", *others, *columns]


def _aggregates(measure: Measure) -> Sequence[str]:
    """Give the expressions for the measure's columns, as models.windows merges them."""
    value = measure.sql or (measure.of[0] if measure.of else "")
    match measure:
        case Sum():
            return [f"sum({value})::{measure.kind}" if value else "count(*)"]
        case Min():
            return [f"min({value})::{measure.kind}"]
        case Max():
            return [f"max({value})::{measure.kind}"]
        case First():
            return _by_sequence(measure, measure.sequence_kind, "min", "ASC")
        case Last():
            return _by_sequence(measure, measure.sequence_kind, "max", "DESC")
        case _:
            raise TypeError(f"measure {measure.name}: no SQL for {type(measure).__name__}")


def _by_sequence(measure: Measure, sequence_kind: str, extreme: str, order: str) -> Sequence[str]:
    sequence, value = measure.of[0], measure.sql or measure.of[1]
    first = f"{extreme}({sequence})::{sequence_kind}"
    if {measure.kind, sequence_kind} <= _NUMBERS:
        # arrays compare item by item, as pairs do, in one pass and without sorting
        pair = f"{extreme}(ARRAY[{sequence}::numeric, ({value})::numeric])"
        return [first, f"({pair})[2]::{measure.kind}"]
    return [first, f"(array_agg({value} ORDER BY {sequence} {order}, {value} {order}))[1]"]
