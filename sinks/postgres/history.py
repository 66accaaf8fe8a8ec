"""Reading the raw rows of a database back, in the order of their offsets."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import asyncpg

from db.connecting import connect
from models.positions import Position
from models.streams import Column, Stream
from sinks.history import Rows, Run, TimeSpan

_ROWS = 5_000
_SECONDS = 60.0
_LONGEST_SECONDS = 24 * 3_600.0


class PostgresHistory:
    """Reads one state of the database, whatever is stored meanwhile."""

    def __init__(self, dsn: str, stream: Stream, topic: str, span: TimeSpan) -> None:
        self._dsn = dsn
        self._stream = stream
        self._topic = topic
        self._span = span
        self._open: asyncpg.Connection | None = None
        time = stream.event_time
        self._of = f"FROM {stream.topic} WHERE {time} >= $1 AND {time} < $2"

    async def runs(self) -> Mapping[Run, Position]:
        connection = await self._connection()
        found = await connection.fetch(
            "SELECT epoch, kafka_partition, max(kafka_offset) "
            f"{self._of} GROUP BY 1, 2 ORDER BY 1, 2",
            *self._span.times,
            timeout=_LONGEST_SECONDS,
        )
        stored = await connection.fetch(
            "SELECT kafka_partition, epoch, last_offset, last_timestamp, next_offset, "
            "leader_epoch, topic_id FROM stream_positions WHERE topic = $1",
            self._topic,
        )
        held = {Run(row[1], row[0]): Position(*row[1:]) for row in stored}
        runs = {Run(row[0], row[1]): Position(row[0], row[2], None) for row in found} | held
        if not any(at.last_offset >= 0 for at in runs.values()):
            return {}
        # of a later epoch in which nothing is stored yet, where it begins is where it ends
        runs = {run: at for run, at in runs.items() if at.last_offset >= 0 or run.epoch > 1}
        return dict(sorted(runs.items()))

    async def count(self) -> int:
        connection = await self._connection()
        return int(
            await connection.fetchval(
                f"SELECT count(*) {self._of}",
                *self._span.times,
                timeout=_LONGEST_SECONDS,
            )
        )

    async def rows(self, run: Run, after: int) -> AsyncIterator[Rows]:
        connection = await self._connection()
        names = [column.name for column in self._stream.columns]
        values = ", ".join(map(_readable, self._stream.columns))
        sql = (
            f"SELECT kafka_offset, {values} {self._of} "
            "AND epoch = $3 AND kafka_partition = $4 AND kafka_offset > $5 ORDER BY kafka_offset"
        )
        cursor = await connection.cursor(
            sql, *self._span.times, *run, after, timeout=_LONGEST_SECONDS
        )
        while found := await cursor.fetch(_ROWS, timeout=_LONGEST_SECONDS):
            offsets, *columns = zip(*found, strict=True)
            yield Rows(offsets, dict(zip(names, columns, strict=True)))

    async def close(self) -> None:
        if self._open is not None:
            self._open.terminate()

    async def _connection(self) -> Any:
        if self._open is None:
            # one transaction for all: what a worker stores meanwhile is not seen
            self._open = await connect(
                self._dsn,
                timeout=_SECONDS,
                server_settings={
                    "application_name": "headrace replay",
                    "timezone": "UTC",
                    "idle_in_transaction_session_timeout": "0",
                    "statement_timeout": "0",
                },
            )
            await self._open.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        return self._open


def _readable(column: Column) -> str:
    match column.kind:
        case "inet":
            return f"host({column.name})"
        case "jsonb":
            return f"{column.name}::text"
        case _:
            return column.name
