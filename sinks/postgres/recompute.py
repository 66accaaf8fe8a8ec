"""Rebuilding a window's table from the stored raw rows, beside running workers.

A step is compared first, in one statement and without any lock: a snapshot holds a worker's
transaction with its raw rows and its windows, or not at all, so what differs in it is wrong. Only
that is rebuilt, in short transactions that begin with a lock of the window's table.

The lock alone makes that exact, whatever the stream's positions do. A worker's transaction copies
its raw rows, then takes ROW EXCLUSIVE on the table by its upsert, and keeps that until its COMMIT.
SHARE ROW EXCLUSIVE waits for it and holds the next one back. So a worker either ended before the
rebuild began, and both its rows and its windows are seen, or it upserts after the rebuild is
committed, on top of it, and its rows were not seen. Why nobody deadlocks:
docs/guides/recompute.md.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from db.partitions import ensure_days
from db.timescale import AS_MANY_AS_IT_TAKES
from db.user_sql import OwnSql
from models.streams import Stream
from models.windows import Window
from sinks.base import SinkUnavailable
from sinks.postgres import recompute_sql
from sinks.postgres.connection import Connection
from sinks.postgres.recompute_steps import (
    HOUR,
    Span,
    block_of,
    moment,
    outward,
    runs,
    seconds,
    steps,
    written,
)
from sinks.postgres.recompute_weights import Weights, lost

T = TypeVar("T")

_DAY = 24 * HOUR
_LOCKED_SECONDS = 0.5
"""How long a rebuild should hold workers back; what they read meanwhile is stored after it."""

_LONGEST_SECONDS = 24 * 3_600.0
_PAUSES_SECONDS = (0.1, 0.2, 0.5, 1, 2, 5, 5, 5, 5, 5, 5, 5)
"""Between tries, while the database cannot do it: half a minute, and a restart takes less."""

_BEGIN = (
    # each statement after the lock sees what had ended by then
    "BEGIN ISOLATION LEVEL READ COMMITTED; "
    # A worker that froze after its upsert is ended by PostgreSQL within 3 s. Whoever upserts waits
    # behind us meanwhile: after this long, let them pass and try again.
    "SET LOCAL lock_timeout = '5s'; "
    f"SET LOCAL statement_timeout = 0; {AS_MANY_AS_IT_TAKES}; "
    "LOCK TABLE ONLY {table} IN SHARE ROW EXCLUSIVE MODE"
)


class CannotRebuild(Exception):  # noqa: N818 - a verdict, not a bug
    """The raw rows that these windows were made from are not all there. They stay as they are."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a step: raw rows read, windows that were wrong."""

    raw_rows: int
    wrong: int


@dataclass(frozen=True, slots=True)
class _Block:
    """What a block weighs by its raw rows and by its windows, and how many windows differ."""

    start: int
    raw_rows: int
    folds_into: Weights
    holds: Weights
    wrong: int


class Recompute:
    """Rebuilds one window's table. `with_fewer` also where raw rows are missing."""

    def __init__(
        self,
        dsn: str,
        stream: Stream,
        window: Window,
        *,
        user_sql: Sequence[OwnSql] = (),
        with_fewer: bool = False,
        on_waiting: Callable[[str], None],
    ) -> None:
        if not stream.keeps_rows:
            raise CannotRebuild(f"no raw rows of {stream.topic} are stored (HEADRACE_WINDOWS_ONLY)")
        self._stream = stream
        self._window = window
        self._with_fewer = with_fewer
        self._on_waiting = on_waiting
        self._block = window.seconds
        self._blocks_at_once = 1
        self._compare = recompute_sql.compare_sql(stream, window)
        self._weigh = recompute_sql.weigh_sql(window)
        self._delete = recompute_sql.delete_sql(window)
        self._insert = recompute_sql.insert_sql(stream, window)
        # prepared before they are used: see Connection
        self._connection = Connection(
            dsn, prepared=[self._weigh, self._delete, self._insert], user_sql=user_sql
        )

    async def plan(self, begin: datetime, end: datetime) -> Sequence[Span]:
        """Cut [begin, end) into steps, rounded outward to whole windows of every length there."""
        span = Span(seconds(begin), seconds(end) + bool(end.microsecond))
        around = Span(span.begin - _DAY, span.end + _DAY)
        lengths = await self._patiently(lambda: self._lengths(around))
        self._block = block_of([self._window.seconds, *lengths])
        return steps(outward(span, self._block), self._block)

    async def step(self, step: Span, *, dry_run: bool = False) -> Outcome:
        """Compare a step, and rebuild what differs. Raises CannotRebuild and SinkUnavailable.

        Interrupted anywhere, or done again, it leaves the same behind.
        """
        blocks = await self._patiently(lambda: self._compared(step))
        wrong = [block for block in blocks if block.wrong]
        for block in wrong:
            await self._check(block.start, block.folds_into, block.holds)
        if not dry_run:
            for run in runs([block.start for block in wrong], self._block):
                await self._rebuild(run)
        return Outcome(sum(block.raw_rows for block in blocks), sum(block.wrong for block in wrong))

    async def first_rows(self, after: int) -> int | None:
        """Find the first hour with raw rows, not before `after` and not in the future."""
        sql = recompute_sql.first_rows_sql(self._stream)
        rows = await self._read(sql, moment(after // HOUR * HOUR))
        return seconds(rows[0][0]) if rows else None

    async def close(self) -> None:
        await self._connection.close()

    async def _lengths(self, span: Span) -> list[int]:
        sql = recompute_sql.lengths_sql(self._window)
        return [row[0] for row in await self._read(sql, *span.times)]

    async def _compared(self, step: Span) -> list[_Block]:
        rows = await self._read(self._compare, *step.times, self._block)
        return [_Block(seconds(start), *others) for start, *others in rows]

    async def _read(self, sql: str, *values: datetime | int) -> list[tuple[Any, ...]]:
        """Run a query that may take as long as it likes: it locks nobody out."""
        async with self._connection.use() as connection, connection.transaction():
            await connection.execute("SET LOCAL statement_timeout = 0")
            return list(map(tuple, await connection.fetch(sql, *values, timeout=_LONGEST_SECONDS)))

    async def _rebuild(self, run: Span) -> None:
        begin = run.begin
        while begin < run.end:
            part = Span(begin, min(begin + self._blocks_at_once * self._block, run.end))
            took = await self._patiently(partial(self._rebuild_locked, part))
            # so many as fit, and never much more than were measured
            fitting = int(self._blocks_at_once * _LOCKED_SECONDS / max(took, 0.001))
            self._blocks_at_once = max(1, min(fitting, 2 * self._blocks_at_once))
            begin = part.end

    async def _rebuild_locked(self, part: Span) -> float:
        """Rebuild in one transaction; return for how many seconds it held the lock."""
        async with self._connection.use() as connection:
            await ensure_days(connection, [self._window.table], part.days)
            await connection.execute(_BEGIN.format(table=self._window.table))
            locked = time.monotonic()
            held = await self._run(self._weigh, part)
            await self._run(self._delete, part)
            await self._run(self._insert, part)
            made = await self._run(self._weigh, part)
            # again, as retention may have come in between; an error cuts the connection
            await self._check(part.begin, made, held)
            await connection.execute("COMMIT")
            return time.monotonic() - locked

    async def _run(self, sql: str, part: Span) -> Any:
        prepared = self._connection.prepared(sql)
        return await prepared.fetchval(*part.times, timeout=_LONGEST_SECONDS)

    async def _check(self, start: int, folds_into: Weights, holds: Weights) -> None:
        less = lost(self._window, folds_into, holds)
        if less is not None and not self._with_fewer:
            raise CannotRebuild(
                f"from {written(start)} on raw rows of {self._stream.topic} are missing: the "
                f"windows of {self._window.name} hold {less}. Rebuilt, the windows would lose the "
                "difference"
            )

    async def _patiently(self, action: Callable[[], Awaitable[T]]) -> T:
        for pause in _PAUSES_SECONDS:
            try:
                return await action()
            except SinkUnavailable as reason:
                self._on_waiting(str(reason))
                await asyncio.sleep(pause)
        return await action()
