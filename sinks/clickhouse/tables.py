"""Tables and views from a stream's declaration: docs/guides/clickhouse.md shows what comes out."""

from models.streams import Stream
from sinks.clickhouse import names as n
from sinks.clickhouse.column_types import column_types
from sinks.clickhouse.names import Names, quoted
from sinks.clickhouse.options import ClickhouseOptions
from sinks.clickhouse.sorting import sorting_key
from sinks.clickhouse.windows import projections, view_sql

DEDUPLICATION_WINDOW = 10_000
"""So many INSERTs of a table are remembered: far more than any writer can be behind by."""

POSITIONS_PROJECTION = "positions"

_DELTA = "CODEC(Delta, ZSTD(1))"
"""Of numbers that grow from row to row: a few bits each."""

_COMMON = {
    n.TOPIC: "LowCardinality(String)",
    n.EPOCH: "UInt32",
    n.PARTITION: "UInt32",
    n.OFFSET: f"Int64 {_DELTA}",
    n.TIMESTAMP: f"DateTime64(3, 'UTC') {_DELTA}",
    n.REFUSED: "LowCardinality(String)",
    n.DETAIL: "String",
    n.PAYLOAD: "Nullable(String)",
    n.STORED_AT: "DateTime('UTC') DEFAULT now()",
}

_OTHER_NAMES = {"market_ticks": "coinbase_ticker"}
"""Views by the names that queries in use already know (seed 004's)."""

_PLACE = (
    "Tuple(kafka_offset Int64, next_offset Int64, leader_epoch Int32, last_timestamp Int64,"
    " topic_id UUID)"
)


def declared_columns(stream: Stream) -> dict[str, str]:
    """Give all columns of the table of records, in order, with their types and codecs."""
    columns = {name: found.sql for name, found in column_types(stream).items()}
    if both := columns.keys() & _COMMON.keys():
        raise TypeError(f"stream {stream.topic}: ClickHouse's own columns are {sorted(both)}")
    columns[stream.event_time] += f" {_DELTA}"
    return columns | _COMMON


def bare_type(declared: str) -> str:
    """Give a declared column's type as the server tells it."""
    return declared.split(" CODEC", maxsplit=1)[0].split(" DEFAULT", maxsplit=1)[0]


def records_sql(options: ClickhouseOptions, stream: Stream, names: Names) -> str:
    """Make the table of records.

    No PARTITION BY: what is inserted twice is known by its partition too, so only what a batch's
    position decides could be one.
    """
    columns = [f"{quoted(name)} {sql}" for name, sql in declared_columns(stream).items()]
    time = quoted(stream.event_time)
    primary = [quoted(name) for name in sorting_key(options, stream)]
    rest = [quoted(name) for name in (n.PARTITION, n.OFFSET) if quoted(name) not in primary]
    parts = [
        *columns,
        # for spans of time: a part that is small or new is skipped whole
        f"INDEX by_time {time} TYPE minmax GRANULARITY 1",
        *(
            f"PROJECTION {quoted(name)} ({sql})"
            for name, sql in {**positions_projection(), **projections(stream)}.items()
        ),
    ]
    lines = ",\n    ".join(parts)
    return (
        f"CREATE TABLE IF NOT EXISTS {names.records} (\n    {lines}\n) ENGINE = MergeTree\n"
        f"PRIMARY KEY ({', '.join(primary)})\nORDER BY ({', '.join([*primary, *rest])})\n"
        f"{ttl_sql(options, stream)}\n"
        f"SETTINGS non_replicated_deduplication_window = {DEDUPLICATION_WINDOW}"
    )


def positions_projection() -> dict[str, str]:
    """Make the projection that tells how far each partition is stored without reading the rows."""
    groups = f"{n.TOPIC}, {n.EPOCH}, {n.PARTITION}"
    sql = (
        f"SELECT {groups}, max({n.OFFSET}), argMax({n.TIMESTAMP}, {n.OFFSET}), count()"
        f" GROUP BY {groups}"
    )
    return {POSITIONS_PROJECTION: sql}


def positions_sql(names: Names) -> str:
    """Make the small table of positions: rows can expire, and how far they reached must not.

    The greatest place wins, whatever order rows come and merge in.
    """
    return (
        f"CREATE TABLE IF NOT EXISTS {names.positions} (\n    {n.TOPIC} LowCardinality(String),\n"
        f"    {n.EPOCH} UInt32,\n    {n.PARTITION} UInt32,\n"
        f"    place SimpleAggregateFunction(max, {_PLACE})\n) ENGINE = AggregatingMergeTree\n"
        f"ORDER BY ({n.TOPIC}, {n.EPOCH}, {n.PARTITION})"
    )


def views_sql(stream: Stream, names: Names) -> list[str]:
    """Make what people read: good rows, dead letters, and windows."""
    good = f"FROM {names.records} WHERE {n.REFUSED} = ''"
    own = ", ".join(quoted(column) for column in stream.column_names)
    common = f"{n.TOPIC}, {n.EPOCH}, {n.PARTITION}, {n.OFFSET}, {n.TIMESTAMP}, {n.STORED_AT}"
    refusal, refused = ", ".join(n.REFUSAL), good.replace("= ''", "!= ''")
    letters = names.view(f"{stream.topic}_dead_letters")
    views = [
        f"CREATE OR REPLACE VIEW {names.view(stream.topic)} AS SELECT {own}, {common} {good}",
        f"CREATE OR REPLACE VIEW {letters} AS SELECT {refusal}, {common} {refused}",
    ]
    if other := _OTHER_NAMES.get(stream.topic):
        views.append(f"CREATE OR REPLACE VIEW {names.view(other)} AS SELECT {own} {good}")
    windows = (view_sql(names, stream, window) for window in stream.windows)
    return [*views, *filter(None, windows)]


def ttl_sql(options: ClickhouseOptions, stream: Stream) -> str:
    """Say when rows are dropped; empty for never."""
    if not options.ttl_days:
        return ""
    # at least a day after it was stored: until then its position is kept elsewhere too, so that
    # rows which arrive too late cannot take their own position away
    return (
        f"TTL greatest({quoted(stream.event_time)} + toIntervalDay({options.ttl_days}),"
        f" {n.STORED_AT} + toIntervalDay(1))"
    )
