"""What has to stand before the first record: a server that can be exact, tables and views."""

from uuid import uuid4

import msgspec

from models.streams import Stream
from sinks.base import SinkUnavailable
from sinks.clickhouse import tables
from sinks.clickhouse.errors import DeduplicationError
from sinks.clickhouse.insert import EXACT
from sinks.clickhouse.names import Names, full, quoted, text
from sinks.clickhouse.options import ClickhouseOptions
from sinks.clickhouse.server import Server
from sinks.clickhouse.windows import projections

_SELF_TEST_ROWS = 100_000


async def prepare(server: Server, options: ClickhouseOptions, stream: Stream, names: Names) -> None:
    """Make what is missing. Raises SinkUnavailable, and DeduplicationError where it is in vain."""
    database = text(options.database)
    if await server.query(f"SELECT count() FROM system.databases WHERE name = {database}") == "0\n":
        await server.query(f"CREATE DATABASE IF NOT EXISTS {quoted(options.database)}")
    columns = await _columns(server, names)
    if not columns:
        await server.query(tables.records_sql(options, stream, names))
        await server.query(tables.positions_sql(names))
        await _make_views(server, stream, names)
    elif await _add_columns(server, stream, names, columns):
        await _make_views(server, stream, names)
    await server.query(tables.positions_sql(names))
    await _check_engine(server, names)
    await check_deduplication(server, options)


async def bring_up_to_date(
    server: Server, options: ClickhouseOptions, stream: Stream, names: Names
) -> None:
    """Make what is missing, and what a changed declaration wants: projections, views and TTL.

    Raises as `prepare` does.
    """
    await prepare(server, options, stream, names)
    wanted = {**tables.positions_projection(), **projections(stream)}
    answer = await server.query(
        f"SELECT name FROM system.projections WHERE database = {text(names.database)}"
        f" AND table = {text(names.records_table)}"
    )
    for name in wanted.keys() - set(answer.split()):
        table = f"ALTER TABLE {names.records}"
        await server.query(f"{table} ADD PROJECTION IF NOT EXISTS {quoted(name)} ({wanted[name]})")
        # in the background, for parts that are there; new ones have it anyway
        await server.query(f"{table} MATERIALIZE PROJECTION {quoted(name)}")
    if ttl := tables.ttl_sql(options, stream):
        # rows that are there follow as their parts are merged: nothing is rewritten for it
        await server.query(
            f"ALTER TABLE {names.records} MODIFY {ttl} SETTINGS materialize_ttl_after_modify = 0"
        )
    await _make_views(server, stream, names)


async def check_deduplication(server: Server, options: ClickhouseOptions) -> None:
    """Insert one row, then many with the same token: they must be dropped.

    As `write` inserts. Raises DeduplicationError where they are stored.
    """
    from sinks.clickhouse.arrow import numbers  # noqa: PLC0415 - loads pyarrow

    name = f"{options.table_prefix}headrace_self_test_{uuid4().hex}"
    table = full(options.database, name)
    await server.query(
        f"CREATE TABLE {table} (number Int64) ENGINE = MergeTree ORDER BY number"
        f" SETTINGS non_replicated_deduplication_window = {tables.DEDUPLICATION_WINDOW}"
    )
    try:
        insert = f"INSERT INTO {table} SELECT * FROM input('number Int64') FORMAT ArrowStream"
        for rows in (1, _SELF_TEST_ROWS):
            settings = {**EXACT, "insert_deduplication_token": "self-test"}
            await server.insert(insert, numbers(rows), settings)
        stored = int(await server.query(f"SELECT count() FROM {table}"))
    finally:
        await server.query(f"DROP TABLE IF EXISTS {table}")
    if stored != 1:
        raise DeduplicationError(
            f"{server.where} stores an INSERT twice that has the same insert_deduplication_token "
            f"({stored} rows where 1 was expected), so no record could be stored exactly once. "
            "Use ClickHouse 26.7 or one that passes this test, with plain MergeTree tables."
        )


async def _columns(server: Server, names: Names) -> dict[str, str]:
    answer = await server.query(
        f"SELECT name, type FROM system.columns WHERE database = {text(names.database)}"
        f" AND table = {text(names.records_table)} FORMAT JSONCompactEachRow"
    )
    return dict(msgspec.json.decode(line) for line in answer.splitlines())


async def _add_columns(
    server: Server, stream: Stream, names: Names, there: dict[str, str]
) -> list[str]:
    wanted = tables.declared_columns(stream)
    for name, declared in wanted.items():
        if name in there and there[name] != tables.bare_type(declared):
            raise SinkUnavailable(
                f"{server.where}: column {name} of {names.records} is {there[name]}, but the "
                f"stream declares {tables.bare_type(declared)}: ALTER TABLE … MODIFY COLUMN it, "
                "or give this sink another table_prefix"
            )
    missing = [name for name in wanted if name not in there]
    for name in missing:
        await server.query(
            f"ALTER TABLE {names.records} ADD COLUMN IF NOT EXISTS {quoted(name)} {wanted[name]}"
        )
    return missing


async def _make_views(server: Server, stream: Stream, names: Names) -> None:
    for sql in tables.views_sql(stream, names):
        await server.query(sql)


async def _check_engine(server: Server, names: Names) -> None:
    answer = await server.query(
        f"SELECT engine FROM system.tables WHERE database = {text(names.database)}"
        f" AND name = {text(names.records_table)}"
    )
    if (engine := answer.strip()) != "MergeTree":
        raise DeduplicationError(
            f"{names.records} is a {engine}. This sink is exact on plain MergeTree only: a replica "
            "that lags may keep what another one has dropped. Give it a table_prefix of its own."
        )
