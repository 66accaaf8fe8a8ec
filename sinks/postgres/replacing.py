"""Staged rows take the place of the stream's own, and the windows follow, in short transactions.

A transaction does one stretch of event time: it locks the windows' tables, as a recompute does and
for the same reason, deletes the rows that have a staged one of the same place, moves the staged
ones in, and makes the stretch's windows again from all raw rows there. So whoever reads sees the
old stretch or the new one; what workers have stored beside stays; and a stretch is done once, since
its staged rows are gone with it.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from config.environment import PlainError
from db.partitions import ensure_days
from db.timescale import AS_MANY_AS_IT_TAKES
from models.streams import Stream
from models.windows import Window
from sinks.history import TimeSpan
from sinks.postgres import recompute_sql
from sinks.postgres.recompute_steps import Span, block_of, seconds
from sinks.postgres.recompute_weights import Weights, lost
from sinks.postgres.staging import Staging
from telemetry import fault_points

_LOCKED_SECONDS = 0.5
_FIRST_ROWS = 5_000
_TRIES = 30
_SAME_PLACE = (
    "held.kafka_offset = staged.kafka_offset AND held.kafka_partition = staged.kafka_partition "
    "AND held.epoch = staged.epoch"
)
_AGAIN = (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError)


class CannotReplaceError(PlainError):
    """Rows would be doubled, or windows would lose something. Nothing of this stretch was done."""


@dataclass(frozen=True, slots=True)
class Replaced:
    """How many rows took another one's place, and how many had none."""

    replaced: int
    added: int


class Replacing:
    """Moves what a Staging holds into the stream's tables."""

    def __init__(
        self,
        staging: Staging,
        stream: Stream,
        span: TimeSpan,
        *,
        add_missing: bool,
        with_fewer: bool,
    ) -> None:
        """`with_fewer` also where windows lose something, as recompute has it."""
        self._staging = staging
        self._stream = stream
        self._span = span
        self._add_missing = add_missing
        self._with_fewer = with_fewer
        self._time = stream.event_time
        self._prepared: dict[str, Any] = {}

    async def run(self, on_done: Callable[[int], None]) -> Replaced:
        """Do all stretches that are left. Raises CannotReplaceError before the first is done."""
        async with self._staging.connected() as connection:
            await self._index(connection)
            await self._check(connection)
            await self._prepare(connection)
            rows_at_once = _FIRST_ROWS
            blocks = await self._blocks(connection)
            while blocks:
                some, blocks = _taken(blocks, rows_at_once)
                began = time.monotonic()
                await self._patiently(connection, some)
                took = max(time.monotonic() - began, 0.001)
                fitting = int(rows_at_once * _LOCKED_SECONDS / took)
                rows_at_once = max(1_000, min(fitting, 2 * rows_at_once))
                on_done(sum(rows for _, rows in some))
            found = await connection.fetchrow(f"SELECT replaced, added FROM {self._staging.run}")  # noqa: S608 - declared names
        return Replaced(*found)

    async def _prepare(self, connection: Any) -> None:
        """Prepare what runs under locks, for the reason that Connection has."""
        windows = self._stream.windows
        statements = [
            self._delete_sql(),
            self._insert_sql(),
            self._clear_sql(),
            self._count_sql(),
            *(recompute_sql.weigh_sql(window) for window in windows),
            *(recompute_sql.delete_sql(window) for window in windows),
            *(recompute_sql.insert_sql(self._stream, window) for window in windows),
        ]
        self._prepared = {sql: await connection.prepare(sql) for sql in statements}

    async def _run(self, sql: str, *values: Any) -> int:
        """Run a prepared statement; say of how many rows."""
        prepared = self._prepared[sql]
        await prepared.fetch(*values)
        return int(prepared.get_statusmsg().rpartition(" ")[2])

    async def _index(self, connection: Any) -> None:
        table = self._staging.rows
        name = f"{self._stream.topic}_rows_time"
        await connection.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {table} ({self._time})")
        await connection.execute(f"ANALYZE {table}")

    async def _check(self, connection: Any) -> None:
        """Make sure that each row takes the place of one, unless it may be added."""
        missing, moved = await connection.fetchrow(
            f"SELECT count(*) FILTER (WHERE held.{self._time} IS NULL), "  # noqa: S608 - declared names
            f"count(*) FILTER (WHERE held.{self._time} <> staged.{self._time}) "
            f"FROM {self._staging.rows} AS staged LEFT JOIN {self._stream.topic} AS held "
            f"ON {_SAME_PLACE} AND held.{self._time} >= $1 AND held.{self._time} < $2",
            *self._span.times,
        )
        outside = await connection.fetchval(
            f"SELECT count(*) FROM {self._staging.rows} "  # noqa: S608 - declared names
            f"WHERE {self._time} < $1 OR {self._time} >= $2",
            *self._span.times,
        )
        if moved or outside:
            raise CannotReplaceError(
                f"{moved + outside:,} rows have another event time than before: they cannot take "
                "the place of the old ones. Replay into another database: --into DSN"
            )
        if missing and not self._add_missing:
            raise CannotReplaceError(
                f"{missing:,} rows of the source are not in {self._stream.topic}: retention or "
                "somebody deleted them there, or the source counts other epochs. Nothing was "
                "changed; --add-missing adds them"
            )

    async def _blocks(self, connection: Any) -> list[tuple[Span, int]]:
        """Give the shortest stretches that can be done alone, with their rows, in order."""
        begin, end = self._span.times
        lengths = [window.seconds for window in self._stream.windows]
        for window in self._stream.windows:
            found = await connection.fetch(recompute_sql.lengths_sql(window), begin, end)
            lengths += [row[0] for row in found]
        length = block_of(lengths or [60])
        rows = await connection.fetch(
            f"SELECT date_bin(make_interval(secs => {length}), {self._time}, 'epoch') AS block, "  # noqa: S608 - declared names
            f"count(*) FROM {self._staging.rows} GROUP BY block ORDER BY block"
        )
        return [(Span(seconds(row[0]), seconds(row[0]) + length), row[1]) for row in rows]

    async def _patiently(self, connection: Any, blocks: Sequence[tuple[Span, int]]) -> None:
        for _ in range(_TRIES):
            try:
                return await self._replace(connection, blocks)
            except _AGAIN:
                continue  # it has waited for 5 s
        return await self._replace(connection, blocks)

    async def _replace(self, connection: Any, blocks: Sequence[tuple[Span, int]]) -> None:
        stretch = Span(blocks[0][0].begin, blocks[-1][0].end)
        expected = sum(rows for _, rows in blocks)
        tables = [window.table for window in self._stream.windows]
        await ensure_days(connection, [self._stream.topic, *tables], stretch.days)
        async with connection.transaction(isolation="read_committed"):
            await connection.execute(f"SET LOCAL lock_timeout = '5s'; {AS_MANY_AS_IT_TAKES}")
            for table in tables:  # in the order in which a worker takes them
                await connection.execute(f"LOCK TABLE ONLY {table} IN SHARE ROW EXCLUSIVE MODE")
            held = [await self._weigh(window, stretch) for window in self._stream.windows]
            replaced = await self._run(self._delete_sql(), *stretch.times)
            moved = await self._run(self._insert_sql(), *stretch.times)
            cleared = await self._run(self._clear_sql(), *stretch.times)
            is_whole = moved == cleared == expected
            if not is_whole or (replaced != moved and not self._add_missing):
                raise CannotReplaceError(
                    f"in {stretch} {self._stream.topic} has {replaced:,} rows for {moved:,} of the "
                    "source: something was deleted meanwhile. Run this again"
                )
            for window, weighed in zip(self._stream.windows, held, strict=True):
                await self._make_windows(window, stretch, weighed)
            await self._run(self._count_sql(), replaced, moved - replaced)
            fault_points.reach("before_commit")

    async def _make_windows(self, window: Window, stretch: Span, held: Weights) -> None:
        await self._run(recompute_sql.delete_sql(window), *stretch.times)
        await self._run(recompute_sql.insert_sql(self._stream, window), *stretch.times)
        made = await self._weigh(window, stretch)
        if not self._with_fewer and (less := lost(window, made, held)):
            raise CannotReplaceError(
                f"in {stretch} raw rows of {self._stream.topic} are missing, or count less: the "
                f"windows of {window.name} hold {less}. Nothing of it was changed; if that is "
                "meant, --with-fewer"
            )

    async def _weigh(self, window: Window, stretch: Span) -> Weights:
        found: Weights = await self._prepared[recompute_sql.weigh_sql(window)].fetchval(
            *stretch.times
        )
        return found

    def _delete_sql(self) -> str:
        return (
            f"DELETE FROM {self._stream.topic} AS held USING {self._staging.rows} AS staged "  # noqa: S608 - declared names
            f"WHERE {_SAME_PLACE} AND held.{self._time} >= $1 AND held.{self._time} < $2 "
            f"AND staged.{self._time} >= $1 AND staged.{self._time} < $2"
        )

    def _insert_sql(self) -> str:
        names = ", ".join([*self._stream.column_names, "kafka_offset", "kafka_partition", "epoch"])
        return (
            f"INSERT INTO {self._stream.topic} ({names}) SELECT {names} "  # noqa: S608 - declared names
            f"FROM {self._staging.rows} WHERE {self._time} >= $1 AND {self._time} < $2"
        )

    def _clear_sql(self) -> str:
        return (
            f"DELETE FROM {self._staging.rows} "  # noqa: S608 - declared names
            f"WHERE {self._time} >= $1 AND {self._time} < $2"
        )

    def _count_sql(self) -> str:
        return f"UPDATE {self._staging.run} SET replaced = replaced + $1, added = added + $2"  # noqa: S608 - declared names


def _taken(
    blocks: list[tuple[Span, int]], rows: int
) -> tuple[list[tuple[Span, int]], list[tuple[Span, int]]]:
    """Take blocks from the front, at least one, of about so many rows, within one day."""
    taken = blocks[:1]
    for block in blocks[1:]:
        is_far = block[0].end - taken[0][0].begin > 86_400  # noqa: PLR2004 - a day
        if is_far or sum(count for _, count in taken) + block[1] > rows:
            break
        taken.append(block)
    return taken, blocks[len(taken) :]
