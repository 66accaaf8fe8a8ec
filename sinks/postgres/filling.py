"""A replay's target that holds nothing of the stream yet: another database, to be swapped in.

Rows are stored under the places that their records had in the first topic, and the position is that
topic's. So when all is there, and the position is the one that the source had, a worker that is
pointed at this database goes on behind it: nothing is counted twice, and nothing left out.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from config.environment import PlainError
from db.connecting import connect
from db.migrate import migrate
from db.user_sql import OwnSql, run_user_sql
from models.positions import Position, TopicPartition
from models.streams import Stream
from sinks.history import Run, TimeSpan
from sinks.postgres.sink import PostgresSink

_SECONDS = 60.0

_MOVE = """
UPDATE stream_positions SET epoch = $3, last_offset = -1, last_timestamp = NULL,
       next_offset = NULL, leader_epoch = NULL, topic_id = NULL
WHERE topic = $1 AND kafka_partition = $2 AND epoch < $3
"""
_HAND_OVER = """
UPDATE stream_positions SET epoch = $3, last_offset = $4, last_timestamp = $5, next_offset = $6,
       leader_epoch = $7, topic_id = $8
WHERE topic = $1 AND kafka_partition = $2 AND (epoch, last_offset) <= ($3, $4)
"""


class NotEmptyError(PlainError):
    """The target holds rows of the stream: filling it would count them twice."""


class Filling:
    """Fills one stream's tables. `topic` is the one that positions are kept of."""

    def __init__(
        self, dsn: str, stream: Stream, topic: str, span: TimeSpan, user_sql: Sequence[OwnSql]
    ) -> None:
        self._dsn = dsn
        self._stream = stream
        self._topic = topic
        self._span = span
        self._user_sql = user_sql
        self.sink = PostgresSink(dsn, stream, user_sql)

    async def prepare(self, *, is_new: bool) -> None:
        """Migrate it. Raises NotEmptyError where a replay that is new finds something."""
        await migrate(self._dsn)
        await run_user_sql(self._dsn, self._user_sql)
        if not is_new:
            return
        async with self._connected() as connection:
            position = await connection.fetchval(
                "SELECT max(last_offset) FROM stream_positions WHERE topic = $1", self._topic
            )
            stored, _ = await self._counted(connection)
        is_read = position is not None and position >= 0
        if is_read or stored:
            up_to = f", {self._topic} up to offset {position}" if is_read else ""
            raise NotEmptyError(
                f"--into: that database holds {self._stream.topic} already ({stored:,} rows in "
                f"that time{up_to}). Take one that is empty, or replace what it holds: --into "
                "same, with HEADRACE_DATABASE naming it"
            )

    async def begin_epoch(self, tp: TopicPartition, epoch: int) -> None:
        async with self._connected() as connection:
            await connection.execute(_MOVE, *tp, epoch)

    async def counted(self) -> tuple[int, Mapping[tuple[str, str], int]]:
        """Count rows, and dead letters by reason and detail, in the database itself."""
        async with self._connected() as connection:
            return await self._counted(connection)

    async def hand_over(self, ends: Mapping[Run, Position]) -> None:
        """Take over the source's positions, which tell a worker that its topic is the same."""
        newest = max((run.epoch for run in ends), default=1)
        async with self._connected() as connection, connection.transaction():
            for run, at in ends.items():
                if run.epoch == newest:
                    await connection.execute(_HAND_OVER, self._topic, run.partition, *at)
            for partition in {run.partition for run in ends}:
                await connection.execute(_MOVE, self._topic, partition, newest)

    async def close(self) -> None:
        await self.sink.close()

    async def _counted(
        self, connection: asyncpg.Connection
    ) -> tuple[int, Mapping[tuple[str, str], int]]:
        time = self._stream.event_time
        stored = await connection.fetchval(
            f"SELECT count(*) FROM {self._stream.topic} "  # noqa: S608 - declared names
            f"WHERE {time} >= $1 AND {time} < $2",
            *self._span.times,
        )
        letters = await connection.fetch(
            "SELECT reason, detail, count(*) FROM event_dead_letters WHERE topic = $1 "
            "GROUP BY 1, 2",
            self._topic,
        )
        return int(stored), {(row[0], row[1]): row[2] for row in letters}

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Any]:
        connection = await connect(self._dsn, timeout=_SECONDS, command_timeout=3_600)
        try:
            yield connection
        finally:
            await connection.close()
