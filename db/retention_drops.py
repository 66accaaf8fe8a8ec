"""What has expired goes: partitions, chunks and dead letters, without holding anybody up for long.

Everything here waits for locks for a second at most, and what cannot be had now is postponed to the
next round, as it was: a reader that holds on to a table for hours delays nothing but this.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import asyncpg

from db import connecting
from db.partitions import statement

_CONNECT_SECONDS = 10
_COMMAND_SECONDS = 300
_LOCK_TIMEOUT = "1s"
"""Writers queue behind a DETACH that waits, so it may not wait for long."""

_PATIENCE_SECONDS = 2.0
_LOOK_SECONDS = 0.1
_PRUNING_SECONDS = 60.0

_NOT_NOW = (
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.ObjectNotInPrerequisiteStateError,
)


@dataclass(frozen=True, slots=True)
class RetentionRound:
    """What one round did, as partitions' or chunks' names. `postponed` waits for the next one.

    `dead_letters` is how many were deleted. `held` says why nothing at all was dropped, else it is
    empty.
    """

    made: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    postponed: list[str] = field(default_factory=list)
    dead_letters: int = 0
    held: str = ""


@dataclass(slots=True)
class Leaving:
    """Which expired partitions may go now: those that nothing was written to for a while.

    `before` is what the last rounds saw of each: how many rows were written to it by then, and
    since when (ISO 8601) it has been that many. `seen` becomes the same for the next round. `now`
    is the database's time.
    """

    before: Mapping[str, tuple[int, str]]
    now: datetime
    quiet: timedelta
    held_until: datetime | None = None
    seen: dict[str, tuple[int, str]] = field(default_factory=dict)

    def may_go(self, partition: str, written: int) -> bool:
        count, since = self.before.get(partition, (-1, ""))
        known = count == written
        self.seen[partition] = (written, since if known else self.now.isoformat())
        if self.held_until is not None or not known:
            return False
        return datetime.fromisoformat(since) <= self.now - self.quiet


async def connect(dsn: str) -> asyncpg.Connection:
    """Connect as somebody who never waits long for a lock."""
    return await connecting.connect(
        dsn,
        timeout=_CONNECT_SECONDS,
        command_timeout=_COMMAND_SECONDS,
        server_settings={
            "application_name": "headrace-keeping",
            "lock_timeout": _LOCK_TIMEOUT,
            "timezone": "UTC",
        },
    )


def expiry(days: int, now: datetime) -> datetime:
    """Give the time before which rows that are kept for so many days have expired.

    A day more than that: what an event may just be late for is not dropped under it. `now` is the
    database's, in UTC.
    """
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=days + 1)


async def drop(
    connection: asyncpg.Connection,
    kept: Mapping[str, bool],
    retention: Mapping[str, int],
    leaving: Leaving | None,
) -> RetentionRound:
    """Drop what is older than so many days, by table; `kept` says which are hypertables.

    Without `leaving` everything that has expired goes.
    """
    done = RetentionRound()
    now = await connection.fetchval("SELECT now()")
    for table, days in retention.items():
        if table in kept:
            drop_of = _drop_chunks if kept[table] else _drop_partitions
            await drop_of(connection, table, expiry(days, now), leaving, done)
    return done


async def prune(connection: asyncpg.Connection, days: int) -> int:
    """Delete dead letters that were stored longer ago, some at a time; return how many."""
    ends, pruned = time.monotonic() + _PRUNING_SECONDS, 0
    while time.monotonic() < ends:
        status = await connection.execute(statement("prune_dead_letters"), timedelta(days=days))
        deleted = int(status.rpartition(" ")[2])
        pruned += deleted
        if not deleted:
            break
    return pruned


async def _drop_chunks(
    connection: asyncpg.Connection,
    table: str,
    expired: datetime,
    leaving: Leaving | None,
    done: RetentionRound,
) -> None:
    old = await connection.fetch(statement("chunks"), table, expired)
    if not _all_may_go(leaving, old):
        done.postponed.extend(row["partition"] for row in old)
        return
    try:
        chunks = await connection.fetch(statement("drop_chunks"), table, expired)
    except _NOT_NOW:
        done.postponed.append(table)
    else:
        done.dropped.extend(row[0] for row in chunks)


def _all_may_go(leaving: Leaving | None, rows: list[asyncpg.Record]) -> bool:
    answers = [leaving is None or leaving.may_go(*row) for row in rows]  # all, for the next round
    return all(answers)


async def _drop_partitions(
    connection: asyncpg.Connection,
    table: str,
    expired: datetime,
    leaving: Leaving | None,
    done: RetentionRound,
) -> None:
    for row in await connection.fetch(statement("expired"), table, expired):
        name, written, is_leaving = row
        if leaving is not None and not leaving.may_go(name, written):
            done.postponed.append(name)
            continue
        try:
            await _detach(connection, table, name, is_leaving=is_leaving)
        except _NOT_NOW:
            done.postponed.append(name)
    if leaving is not None and leaving.held_until is not None:
        return
    for (name,) in await connection.fetch(statement("detached"), table, expired):
        try:
            await connection.execute(f'DROP TABLE "{name}"')
        except _NOT_NOW:
            done.postponed.append(name)
        else:
            done.dropped.append(name)


async def _detach(
    connection: asyncpg.Connection, table: str, partition: str, *, is_leaving: bool
) -> None:
    # Not CONCURRENTLY: where a reader stays for hours, that one leaves a partition behind which
    # takes no rows and in whose stead none can be made. A worker of 0.1 may have left one.
    if not is_leaving and not await _is_free(connection, table, partition):
        raise asyncpg.LockNotAvailableError(f"{table} is being read for a long time")
    how = " FINALIZE" if is_leaving else ""
    await connection.execute(f'ALTER TABLE "{table}" DETACH PARTITION "{partition}"{how}')


async def _is_free(connection: asyncpg.Connection, *tables: str) -> bool:
    """Wait until all who have a lock on these tables now have ended; False if one does not.

    So DETACH, which everybody has to wait behind, begins only where it will soon have its lock.
    """
    held = await _holders(connection, tables)
    ends = time.monotonic() + _PATIENCE_SECONDS
    while held and time.monotonic() < ends:
        await asyncio.sleep(_LOOK_SECONDS)
        held &= await _holders(connection, tables)
    return not held


async def _holders(connection: asyncpg.Connection, tables: tuple[str, ...]) -> set[str]:
    rows = await connection.fetch(statement("holders"), list(tables))
    return {row["virtualtransaction"] for row in rows}
