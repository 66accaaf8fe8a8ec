"""The sink that makes Headrace exact: see `PostgresSink.write`."""

from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path
from typing import Any

import asyncpg

from db.partitions import KnownDays
from db.queries import load
from db.user_sql import OwnSql
from models.batches import Batch, DecodedBatch
from models.dead_letters import DeadLetter
from models.positions import Position, Positions, TopicPartition
from models.streams import Stream
from models.windows import Window
from sinks.base import Fenced, Since, SinkUnavailable, Totals
from sinks.postgres import copy
from sinks.postgres.connection import Connection, commit, watched
from sinks.postgres.rejections import counted, told_apart
from sinks.postgres.upsert import arrays, read_totals, totals_sql, upsert_sql
from telemetry import fault_points

_POSITION_COLUMNS = ("kafka_offset", "kafka_partition", "epoch")

Arrays = Sequence[Sequence[Any]]
"""A statement's parameters: one array for each column."""


class PostgresSink:
    """Stores one stream: raw rows, window totals, dead letters and positions, as one."""

    label = "postgres"

    def __init__(self, dsn: str, stream: Stream, user_sql: Sequence[OwnSql] = ()) -> None:
        """`user_sql` are files with tables of streams of one's own: db/user_sql.py."""
        self._stream = stream
        self._sql = load(Path(__file__).with_name("queries.sql"))
        self._upserts = {window: upsert_sql(stream, window) for window in stream.windows}
        self._totals = {window: totals_sql(stream, window) for window in stream.windows}
        in_transaction = (self._sql["add_dead_letters"], self._sql["advance"])
        prepared = [*self._upserts.values(), *in_transaction]
        self._connection = Connection(dsn, prepared, user_sql)
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
            TopicPartition(topic, partition): Position(*position)
            for topic, partition, *position in rows
        }

    async def note(self, positions: Positions) -> None:
        rows = [
            (*tp, at.epoch, at.last_offset, at.next_offset, at.leader_epoch, at.topic_id)
            for tp, at in sorted(positions.items())
        ]
        async with self._connection.use() as connection:
            await connection.execute(self._sql["note"], *zip(*rows, strict=True))

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
        with counted(self._stream.topic):
            return copy.encode_rows(
                list(columns), [("int4", decoded.tp.partition), ("int4", epoch)]
            )

    async def write(self, batch: Batch, expected: Positions) -> Totals:
        """Store a batch in one transaction; its order of steps is what makes it exact.

        COPY first and the compare-and-set of the positions last: a lock taken before the COPY
        would let a paused worker block its successor for ever, as no PostgreSQL timeout fires
        inside COPY. No ROLLBACK anywhere: an error cuts the connection, and that undoes the rest.
        """
        # All of Python's work before BEGIN: a session that idles in its transaction is cut.
        merges = self._merges(batch)
        letters = _letters(batch.dead_letters, expected)
        moves = _moves(batch, expected)
        async with self._connection.use() as connection:
            await self._days.ensure(connection, batch.days)
            await connection.execute("BEGIN")
            await self._copy(connection, batch)
            fault_points.reach("before_upsert")
            merged = [(window, await self._merge(window, given)) for window, given in merges]
            if letters:
                await self._connection.prepared(self._sql["add_dead_letters"]).fetch(*letters)
            fault_points.reach("before_compare_and_set")
            await self._advance(moves, expected)
            fault_points.reach("before_commit")
            with told_apart(self._stream.topic):  # constraints that are looked at in the end
                await commit(connection)
        return {window: read_totals(window, records) for window, records in merged}

    async def close(self) -> None:
        await self._connection.close()

    async def _copy(self, connection: asyncpg.Connection, batch: Batch) -> None:
        if not (batch.row_count and self._stream.keeps_rows):
            return
        target = self._days.target(batch.days)
        copying = connection.copy_to_table(
            target, source=_copied(batch), columns=self._columns, format="binary"
        )
        try:
            with told_apart(self._stream.topic):
                await watched(connection, copying)
        except (SinkUnavailable, asyncpg.UndefinedTableError) as error:
            # perhaps what its days held has expired and was dropped meanwhile
            self._days.forget()
            if target == self._stream.topic or isinstance(error, SinkUnavailable):
                raise
            raise SinkUnavailable(f"no partition for a row: {error.args[0]}") from error

    def _merges(self, batch: Batch) -> list[tuple[Window, Arrays]]:
        with counted(f"windows of {self._stream.topic}"):
            deltas = batch.deltas()
        return [(window, arrays(rows.items())) for window, rows in deltas.items() if rows]

    async def _merge(self, window: Window, given: Arrays) -> list[asyncpg.Record]:
        try:
            with told_apart(window.table):
                return await self._connection.prepared(self._upserts[window]).fetch(*given)
        except SinkUnavailable:
            self._days.forget()
            raise

    async def _advance(self, moves: Arrays, expected: Positions) -> None:
        advance = self._connection.prepared(self._sql["advance"])
        await advance.fetch(*moves)
        done = advance.get_statusmsg()
        if done != f"UPDATE {len(moves[0])}":
            raise Fenced(
                f"another worker has stored further than {sorted(expected.items())} ({done})"
            )


def _letters(letters: Iterable[DeadLetter], expected: Positions) -> Arrays:
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
            letter.context or None,
        )
        for letter in letters
    ]
    return list(zip(*rows, strict=True))


def _moves(batch: Batch, expected: Positions) -> Arrays:
    moves = [
        (*tp, new.epoch, expected[tp].last_offset, *new[1:])
        # in one order, so that two workers cannot lock each other out
        for tp, new in sorted(batch.positions(expected).items())
    ]
    return list(zip(*moves, strict=True))


async def _copied(batch: Batch) -> AsyncIterator[bytes]:
    yield copy.HEADER
    for part in batch.parts:
        if part.rows:
            yield part.rows
            fault_points.reach("during_copy")
    yield copy.TRAILER
