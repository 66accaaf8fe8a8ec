"""The sink that makes Headrace exact: see `PostgresSink.write`."""

from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path

import asyncpg

from db.keeping import KnownDays
from db.queries import load
from models.batches import Batch, DecodedBatch
from models.dead_letters import DeadLetter
from models.fold import Deltas
from models.positions import Position, Positions, TopicPartition
from models.streams import Stream
from sinks.base import Fenced, Since, SinkUnavailable, Totals
from sinks.postgres import copy
from sinks.postgres.connection import Connection, watched
from sinks.postgres.upsert import arrays, read_totals, totals_sql, upsert_sql
from telemetry import fault_points

_NO_PARTITION = (asyncpg.CheckViolationError, asyncpg.UndefinedTableError)
_POSITION_COLUMNS = ("kafka_offset", "kafka_partition", "epoch")


class PostgresSink:
    """Stores one stream: raw rows, window totals, dead letters and positions, as one."""

    def __init__(self, dsn: str, stream: Stream, own_sql: Sequence[Path] = ()) -> None:
        """`own_sql` are files with tables of streams that Headrace does not bring: db/own.py."""
        self._stream = stream
        self._sql = load(Path(__file__).with_name("queries.sql"))
        self._upserts = {window: upsert_sql(stream, window) for window in stream.windows}
        self._totals = {window: totals_sql(stream, window) for window in stream.windows}
        in_transaction = (self._sql["add_dead_letters"], self._sql["advance"])
        prepared = [*self._upserts.values(), *in_transaction]
        self._connection = Connection(dsn, prepared, own_sql)
        self._days = KnownDays(
            stream.topic,
            [window.table for window in stream.windows],
            straddles=any(86_400 % window.seconds for window in stream.windows),
        )
        self._columns = [*(column.name for column in stream.columns), *_POSITION_COLUMNS]

    async def positions(self, partitions: Iterable[TopicPartition]) -> Positions:
        wanted = list(zip(*partitions, strict=True))
        async with self._connection.use() as connection:
            await connection.execute(self._sql["add_partitions"], *wanted)
            fault_points.reach("during_positions")
            rows = await connection.fetch(self._sql["positions"], *wanted)
        return {
            TopicPartition(topic, partition): Position(epoch, last_offset, last_timestamp)
            for topic, partition, epoch, last_offset, last_timestamp in rows
        }

    async def totals(self, partitions: Iterable[TopicPartition], since: Since) -> Totals:
        numbers = [tp.partition for tp in partitions]
        async with self._connection.use() as connection:
            return {
                window: read_totals(window, await connection.fetch(sql, numbers, since(window)))
                for window, sql in self._totals.items()
            }

    def encode(self, decoded: DecodedBatch, epoch: int) -> bytes:
        if not (decoded.offsets and self._stream.keeps_rows):
            return b""
        kinds = [*(column.kind for column in self._stream.columns), "int8"]
        columns = zip(kinds, [*decoded.columns, decoded.offsets], strict=True)
        return copy.encode_rows(list(columns), [("int4", decoded.tp.partition), ("int4", epoch)])

    async def write(self, batch: Batch, expected: Positions) -> Totals:
        """Store a batch in one transaction; its order of steps is what makes it exact.

        COPY first and the compare-and-set of the positions last: a lock taken before the COPY
        would let a paused worker block its successor for ever, as no PostgreSQL timeout fires
        inside COPY. No ROLLBACK anywhere: an error cuts the connection, and that undoes the rest.
        """
        deltas = batch.deltas()  # before BEGIN: a session that idles in its transaction is cut
        try:
            return await self._write(batch, deltas, expected)
        except _NO_PARTITION as error:  # what its days held has expired and was dropped meanwhile
            self._days.forget()
            raise SinkUnavailable(f"no partition for a row: {error}") from error

    async def _write(self, batch: Batch, deltas: Deltas, expected: Positions) -> Totals:
        async with self._connection.use() as connection:
            await self._days.ensure(connection, batch.days)
            await connection.execute("BEGIN")
            await self._copy(connection, batch)
            fault_points.reach("before_upsert")
            totals = await self._merge(deltas)
            await self._add_dead_letters(batch.dead_letters, expected)
            fault_points.reach("before_compare_and_set")
            await self._advance(batch, expected)
            fault_points.reach("before_commit")
            await connection.execute("COMMIT")
        return totals

    async def close(self) -> None:
        await self._connection.close()

    async def _copy(self, connection: asyncpg.Connection, batch: Batch) -> None:
        if not (batch.row_count and self._stream.keeps_rows):
            return
        await watched(
            connection,
            connection.copy_to_table(
                self._days.target(batch.days),
                source=_copied(batch),
                columns=self._columns,
                format="binary",
            ),
        )

    async def _merge(self, deltas: Deltas) -> Totals:
        totals = {}
        for window, rows in deltas.items():
            if rows:
                upsert = self._connection.prepared(self._upserts[window])
                totals[window] = read_totals(window, await upsert.fetch(*arrays(rows.items())))
        return totals

    async def _add_dead_letters(self, letters: Iterable[DeadLetter], expected: Positions) -> None:
        rows = [
            (
                letter.timestamp,
                letter.topic,
                letter.partition,
                letter.offset,
                expected[TopicPartition(letter.topic, letter.partition)].epoch,
                letter.reason,
                letter.detail,
                letter.payload,
            )
            for letter in letters
        ]
        if rows:
            add = self._connection.prepared(self._sql["add_dead_letters"])
            await add.fetch(*zip(*rows, strict=True))

    async def _advance(self, batch: Batch, expected: Positions) -> None:
        moves = [
            (*tp, new.epoch, expected[tp].last_offset, new.last_offset, new.last_timestamp)
            # in one order, so that two workers cannot lock each other out
            for tp, new in sorted(batch.positions(expected).items())
        ]
        advance = self._connection.prepared(self._sql["advance"])
        await advance.fetch(*zip(*moves, strict=True))
        done = advance.get_statusmsg()
        if done != f"UPDATE {len(moves)}":
            raise Fenced(
                f"another worker has stored further than {sorted(expected.items())} ({done})"
            )


async def _copied(batch: Batch) -> AsyncIterator[bytes]:
    yield copy.HEADER
    for part in batch.parts:
        if part.rows:
            yield part.rows
            fault_points.reach("during_copy")
    yield copy.TRAILER
