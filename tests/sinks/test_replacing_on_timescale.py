"""A replay into the same tables on TimescaleDB, whose old rows are compressed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import asyncpg

from db.migrate import migrate
from models.positions import TopicPartition
from sinks.history import TimeSpan
from sinks.postgres.replacing import Replaced, Replacing
from sinks.postgres.sink import PostgresSink
from sinks.postgres.staging import Staging
from tests.devstack.engines.timescale.engine import timescale
from tests.integration.replayed import MEDIA, MIDDLE, contents, write
from tests.models.records import batch_of
from tests.sinks.random_events import event

_ROWS = 300
_COMPRESS = """
SELECT compress_chunk(format('%I.%I', chunk_schema, chunk_name)::regclass)
FROM timescaledb_information.chunks WHERE hypertable_name LIKE 'media_events%' AND NOT is_compressed
"""
_COMPRESSED = """
SELECT count(*) FROM timescaledb_information.chunks
WHERE hypertable_name = 'media_events' AND is_compressed
"""


class _Strict(Staging):
    """On a server that lets a transaction decompress 10 rows; by default it is 100,000."""

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Any]:
        async with super().connected() as connection:
            await connection.execute(
                "SET timescaledb.max_tuples_decompressed_per_dml_transaction = 10"
            )
            yield connection


async def test_rows_in_compressed_chunks_are_replaced_each_by_its_own() -> None:
    random = Random(1)
    values = [event(MEDIA, random, MIDDLE) for _ in range(_ROWS)]
    batch = batch_of(values, tp=TopicPartition("media_events", 0), timestamp=-1)
    with timescale() as dsn:
        await run(dsn, "CREATE EXTENSION timescaledb")
        await migrate(dsn)
        sink = PostgresSink(dsn, MEDIA)
        await write(sink, MEDIA, batch)
        await sink.close()
        before = await contents(dsn)
        await run(dsn, _COMPRESS)
        staging = _Strict(dsn, MEDIA, "a replay")
        await staging.prepare()
        await write(staging, MEDIA, batch)
        await staging.close()  # it takes one connection at a time
        compressed = await run(dsn, _COMPRESSED)

        span = TimeSpan(None, None)
        replacing = Replacing(staging, MEDIA, span, add_missing=False, with_fewer=False)
        done = await replacing.run(lambda _: None)

        assert compressed
        assert done == Replaced(_ROWS, 0)
        assert await contents(dsn) == before


async def run(dsn: str, sql: str) -> object:
    """Run a statement; give the first value that it answers."""
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()
