"""A worker of the first release, as far as the database sees one: its SQL, word for word."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Self

import asyncpg
from asyncpg_trek import Direction, execute, plan
from asyncpg_trek.asyncpg import AsyncpgBackend

from db.migrate import MIGRATIONS

UPSERT = """
INSERT INTO traffic_by_cdn_windows AS held
    (window_start, partition, current_cdn, events, kilobits, session_seconds)
SELECT to_timestamp(window_start / 1000000) AS window_start, partition, current_cdn, events,
       kilobits, session_seconds
FROM unnest($1::int8[], $2::int4[], $3::text[], $4::int8[], $5::int8[], $6::int8[])
    AS delta (window_start, partition, current_cdn, events, kilobits, session_seconds)
ON CONFLICT (window_start, partition, current_cdn) DO UPDATE
SET events = held.events + excluded.events, kilobits = held.kilobits + excluded.kilobits,
    session_seconds = held.session_seconds + excluded.session_seconds
RETURNING (extract(epoch FROM window_start) * 1000000)::int8 AS window_start, partition,
          current_cdn, events, kilobits, session_seconds
"""
TOTALS = """
SELECT (extract(epoch FROM window_start) * 1000000)::int8 AS window_start, partition, current_cdn,
       events, kilobits, session_seconds
FROM traffic_by_cdn_windows
WHERE partition = ANY($1::int4[]) AND window_start >= to_timestamp($2::int8 / 1000000)
"""
_COLUMNS = [
    *("time", "session_id", "platform", "channel", "asn", "current_cdn", "video_profile_kbps"),
    *("heartbeat_seconds", "kafka_partition", "kafka_offset", "epoch"),
]
_ROWS = 50
_MINUTE_US = 60_000_000


async def migrate_to_first(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    backend = AsyncpgBackend(connection, schema="headrace_migrations")
    await execute(backend, await plan(backend, MIGRATIONS, "0001", Direction.up))
    await connection.close()


class OldWriter:
    """Stores batches of 50 rows, one after the other, on one connection with prepared SQL."""

    def __init__(self, connection: asyncpg.Connection, partition: int) -> None:
        self._connection = connection
        self._partition = partition
        self.stored = 0
        self.slowest_seconds = 0.0
        self._moved = asyncio.Condition()

    @classmethod
    async def start(cls, dsn: str, partition: int) -> Self:
        settings = {"application_name": "headrace", "idle_in_transaction_session_timeout": "3s"}
        return cls(await asyncpg.connect(dsn, server_settings=settings), partition)

    async def run(self, stopped: asyncio.Event) -> None:
        upsert = await self._connection.prepare(UPSERT)
        totals = await self._connection.prepare(TOTALS)
        while not stopped.is_set():
            began = asyncio.get_running_loop().time()
            await self.store(datetime.now(UTC), upsert)
            await totals.fetch([self._partition], 0)
            took = asyncio.get_running_loop().time() - began
            self.slowest_seconds = max(self.slowest_seconds, took)
        await self.close()

    async def close(self) -> None:
        await self._connection.close()

    async def store(
        self,
        at: datetime,
        upsert: "asyncpg.prepared_stmt.PreparedStatement[asyncpg.Record] | None" = None,
    ) -> None:
        """Store a batch in one transaction; half of it is of the day before."""
        upsert = upsert or await self._connection.prepare(UPSERT)
        times = [at - timedelta(days=nth % 2) for nth in range(_ROWS)]
        rows = [
            (time, "s", "tv", "news", 1, "Akamai", 1_000, 10, self._partition, self.stored + nth, 1)
            for nth, time in enumerate(times)
        ]
        minutes = sorted({int(time.timestamp()) // 60 * _MINUTE_US for time in times})
        half, n = _ROWS // 2, len(minutes)
        await self._connection.execute("BEGIN")
        await self._connection.copy_records_to_table(
            "content_sessions", records=rows, columns=_COLUMNS
        )
        await upsert.fetch(
            minutes,
            [self._partition] * n,
            ["Akamai"] * n,
            [half] * n,
            [half * 10_000] * n,
            [half * 10] * n,
        )
        await self._connection.execute("COMMIT")
        self.stored += _ROWS
        async with self._moved:
            self._moved.notify_all()

    async def has_stored(self, rows: int) -> None:
        """Wait for so many rows."""
        async with self._moved:
            await self._moved.wait_for(lambda: self.stored >= rows)
