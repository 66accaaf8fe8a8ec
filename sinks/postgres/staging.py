"""A replay's target beside the stream's own tables: rows wait there until they replace others.

All of it is in the schema `headrace_replay`, for one replay of a stream at a time, and is dropped
when that has come to its end. Tables are logged: what Kafka was told to forget must be here.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from config.environment import PlainError
from db.connecting import connect
from db.migrate import migrate
from models.batches import Batch, DecodedBatch
from models.positions import Position, Positions, TopicPartition
from models.streams import Stream
from sinks.base import Fenced, Since, Totals
from sinks.postgres import copy
from sinks.postgres.connection import Connection, commit, watched
from sinks.postgres.rejections import counted, told_apart

SCHEMA = "headrace_replay"
_SECONDS = 60.0
_PLACE = ("kafka_offset", "kafka_partition", "epoch")


_Letter = tuple[int, int, int, str, str]
"""Epoch, partition, offset, reason, detail."""


class OtherReplayError(PlainError):
    """Another replay of the stream was begun there, and not brought to its end."""


class Staging:
    """Keeps one stream's replayed rows, what was refused, and positions. A Sink."""

    label = "postgres"

    def __init__(self, dsn: str, stream: Stream, replay: str) -> None:
        self._dsn = dsn
        self._stream = stream
        self._replay = replay
        self._connection = Connection(dsn)
        self._names = [*(column.name for column in stream.columns), *_PLACE]

    @property
    def rows(self) -> str:
        return f"{SCHEMA}.{self._stream.topic}_rows"

    @property
    def run(self) -> str:
        return f"{SCHEMA}.{self._stream.topic}_run"

    @property
    def _refused(self) -> str:
        return f"{SCHEMA}.{self._stream.topic}_refused"

    @property
    def _positions(self) -> str:
        return f"{SCHEMA}.{self._stream.topic}_positions"

    async def prepare(self, *, anew: bool = False) -> None:
        """Make the tables, unless this replay has them. Raises OtherReplayError."""
        await migrate(self._dsn)
        async with self.connected() as connection, connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(hashtext($1))", self.run)
            if anew:
                await connection.execute(self._drop_sql())
            await connection.execute(self._create_sql())
            await connection.execute(
                f"INSERT INTO {self.run} (replay) SELECT $1 "  # noqa: S608 - declared names
                f"WHERE NOT EXISTS (SELECT FROM {self.run})",
                self._replay,
            )
            held = await connection.fetchval(f"SELECT replay FROM {self.run}")  # noqa: S608 - declared names
        if held != self._replay:
            raise OtherReplayError(
                f"another replay of {self._stream.topic}, or one with other options, was begun "
                "and not brought to its end. Run that one again, or drop it with --anew"
            )

    async def keep_end(self, stored: int) -> None:
        """Keep that this replay is at its end, for one whose rows (`stored`) went elsewhere."""
        async with self.connected() as connection:
            await connection.execute(f"UPDATE {self.run} SET added = $1", stored)  # noqa: S608 - declared names

    async def ended(self) -> int | None:
        """Give what `keep_end` was told by this very replay; None where it was not."""
        async with self.connected() as connection:
            if await connection.fetchval("SELECT to_regclass($1)", self.run) is None:
                return None
            stored = await connection.fetchval(
                f"SELECT added FROM {self.run} WHERE replay = $1 AND added > 0",  # noqa: S608 - declared names
                self._replay,
            )
        return None if stored is None else int(stored)

    async def drop(self) -> None:
        async with self.connected() as connection:
            await connection.execute(self._drop_sql())

    async def begin_epoch(self, tp: TopicPartition, epoch: int) -> None:
        async with self._connection.use() as connection:
            await connection.execute(
                f"UPDATE {self._positions} SET epoch = $2, last_offset = -1 "  # noqa: S608 - declared names
                "WHERE partition = $1 AND epoch < $2",
                tp.partition,
                epoch,
            )

    async def positions(self, partitions: Iterable[TopicPartition]) -> Positions:
        wanted = list(partitions)
        numbers = [tp.partition for tp in wanted]
        async with self._connection.use() as connection:
            await connection.execute(
                f"INSERT INTO {self._positions} SELECT unnest($1::int4[]), 1, -1 "
                "ON CONFLICT DO NOTHING",
                numbers,
            )
            rows = await connection.fetch(
                f"SELECT partition, epoch, last_offset FROM {self._positions} "  # noqa: S608 - declared names
                "WHERE partition = ANY ($1) FOR SHARE",
                numbers,
            )
        held = {row[0]: Position(row[1], row[2], None) for row in rows}
        return {tp: held[tp.partition] for tp in wanted}

    async def totals(self, partitions: Iterable[TopicPartition], since: Since) -> Totals:
        del partitions, since
        return {}

    def encode(self, decoded: DecodedBatch, epoch: int) -> bytes:
        if not decoded.offsets:
            return b""
        kinds = [*(column.kind for column in self._stream.columns), "int8"]
        columns = zip(kinds, [*decoded.columns, decoded.offsets], strict=True)
        with counted(self._stream.topic):
            return copy.encode_rows(
                list(columns), [("int4", decoded.tp.partition), ("int4", epoch)]
            )

    async def write(self, batch: Batch, expected: Positions) -> Totals:
        """Store rows, refusals and positions in one transaction, the positions last."""
        letters = _letters(batch, expected)
        async with self._connection.use() as connection:
            await connection.execute("BEGIN")
            if batch.row_count:
                await self._copy(connection, batch)
            await self._refuse(connection, letters)
            await self._advance(connection, expected, batch.positions(expected))
            await commit(connection)
        return {}

    async def refuse(self, batch: Batch, expected: Positions) -> None:
        """Keep what of a batch is refused, once, for a replay whose rows go elsewhere."""
        if letters := _letters(batch, expected):
            async with self._connection.use() as connection:
                await self._refuse(connection, letters)

    async def _refuse(self, connection: Any, letters: Sequence[_Letter]) -> None:
        if letters:
            await connection.executemany(
                f"INSERT INTO {self._refused} VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",  # noqa: S608 - declared names
                letters,
            )

    async def _copy(self, connection: Any, batch: Batch) -> None:
        copying = connection.copy_to_table(
            f"{self._stream.topic}_rows",
            schema_name=SCHEMA,
            source=_copied(batch),
            columns=self._names,
            format="binary",
        )
        with told_apart(self._stream.topic):
            await watched(connection, copying)

    async def _advance(self, connection: Any, expected: Positions, reached: Positions) -> None:
        for tp, new in sorted(reached.items()):
            done = await connection.execute(
                f"UPDATE {self._positions} SET last_offset = $4 "  # noqa: S608 - declared names
                "WHERE partition = $1 AND epoch = $2 AND last_offset = $3",
                tp.partition,
                *expected[tp].place,
                new.last_offset,
            )
            if done != "UPDATE 1":
                raise Fenced(f"another replay has stored further than {expected[tp]}")

    async def note(self, positions: Positions) -> None:
        """Nothing is kept of positions but their place."""

    async def close(self) -> None:
        await self._connection.close()

    async def counted(self) -> tuple[int, Mapping[tuple[str, str], int]]:
        """Count rows, those included that have replaced others already, and refusals."""
        async with self.connected() as connection:
            stored = await connection.fetchval(
                f"SELECT replaced + added + (SELECT count(*) FROM {self.rows}) FROM {self.run}"  # noqa: S608 - declared names
            )
            refused = await connection.fetch(
                f"SELECT reason, detail, count(*) FROM {self._refused} GROUP BY 1, 2"  # noqa: S608 - declared names
            )
        return int(stored), {(row[0], row[1]): row[2] for row in refused}

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Any]:
        connection = await connect(
            self._dsn,
            timeout=_SECONDS,
            command_timeout=24 * 3_600,
            server_settings={
                "application_name": "headrace replay",
                "timezone": "UTC",
                # one that is frozen or gone must not hold what workers wait for
                "idle_in_transaction_session_timeout": "3s",
                "client_connection_check_interval": "1s",
            },
        )
        try:
            yield connection
        finally:
            await connection.close()

    def _create_sql(self) -> str:
        return (
            f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}; "  # noqa: S608 - declared names
            f"CREATE TABLE IF NOT EXISTS {self.rows} AS "
            f"SELECT {', '.join(self._names)} FROM {self._stream.topic} WITH NO DATA; "
            f"CREATE TABLE IF NOT EXISTS {self._positions} "
            "(partition integer PRIMARY KEY, epoch integer NOT NULL, last_offset bigint NOT NULL); "
            f"CREATE TABLE IF NOT EXISTS {self._refused} (epoch integer, partition integer, "
            '"offset" bigint, reason text, detail text, PRIMARY KEY (epoch, partition, "offset")); '
            f"CREATE TABLE IF NOT EXISTS {self.run} (replay text NOT NULL, "
            "replaced bigint NOT NULL DEFAULT 0, added bigint NOT NULL DEFAULT 0)"
        )

    def _drop_sql(self) -> str:
        return f"DROP TABLE IF EXISTS {self.rows}, {self._positions}, {self._refused}, {self.run}"


def _letters(batch: Batch, expected: Positions) -> list[_Letter]:
    return [
        (expected[part.tp].epoch, letter.partition, letter.offset, letter.reason, letter.detail)
        for part in batch.parts
        for letter in part.dead_letters
    ]


async def _copied(batch: Batch) -> AsyncIterator[bytes]:
    yield copy.HEADER
    for part in batch.parts:
        if part.rows:
            yield part.rows
    yield copy.TRAILER
