"""The one INSERT that makes the sink exact."""

from collections.abc import Mapping

from models.positions import Position, TopicPartition
from sinks.clickhouse import names as n
from sinks.clickhouse.errors import FENCED
from sinks.clickhouse.names import Names, quoted, text
from sinks.clickhouse.positions import kept_sql, stored_sql
from sinks.clickhouse.server import Setting

EXACT: Mapping[str, Setting] = {
    # what the server recognises includes the number of blocks: all rows have to be one
    "max_insert_block_size": 1_000_000_000,
    "min_insert_block_size_rows": 1_000_000_000,
    "min_insert_block_size_bytes": 0,
    "max_insert_threads": 1,
    # an INSERT that is only queued when the answer comes is not durable
    "async_insert": 0,
    "insert_deduplicate": 1,
}
"""Settings of every INSERT; together with `insert_deduplication_token`."""


def insert_sql(
    names: Names, columns: Mapping[str, str], tp: TopicPartition, expected: Position
) -> str:
    """Store rows only where the partition stands at `expected`; `columns` are those sent.

    The server answers "fenced" otherwise. The position is read once, before the rows: what another
    writer does meanwhile is caught by the token, which both have in common.
    """
    structure = ", ".join(f"{quoted(name)} {sql}" for name, sql in columns.items())
    target = ", ".join([*map(quoted, columns), n.TOPIC, n.EPOCH, n.PARTITION])
    kept, stored = (sql(names, tp, expected.epoch) for sql in (kept_sql, stored_sql))
    moved = f"greatest(kept.2, stored) != {expected.last_offset}"
    return (
        f"INSERT INTO {names.records} ({target})\n"
        f"WITH ({kept}) AS kept, ({stored}) AS stored\n"
        f"SELECT *, {text(tp.topic)}, {expected.epoch}, {tp.partition}\n"
        f"FROM input({text(structure)})\n"
        f"WHERE throwIf(kept.1 != {expected.epoch} OR {moved}, {text(FENCED)}) = 0\n"
        "FORMAT ArrowStream"
    )


def token(tp: TopicPartition, expected: Position, attempt: int) -> str:
    """Name what follows on a position: of all INSERTs with one name the first one counts.

    `attempt` counts names that are burnt: the server writes the name down before the rows are
    visible, and when it is killed in between, that name stores nothing for ever.
    """
    return f"{tp.topic}:{expected.epoch}:{tp.partition}:{expected.last_offset}:{attempt}"


def sent_columns(event_columns: Mapping[str, str], *, refusals: bool) -> dict[str, str]:
    """Give the columns that are sent, in order; the rest is the same in every row.

    Those of dead letters only where the batch has one.
    """
    common = {n.OFFSET: "Int64", n.TIMESTAMP: "DateTime64(3, 'UTC')"}
    refused = {
        n.REFUSED: "LowCardinality(String)",
        n.DETAIL: "String",
        n.PAYLOAD: "Nullable(String)",
    }
    return {**event_columns, **common, **(refused if refusals else {})}
