"""The round that one worker makes for all: partitions ahead, and what has expired goes.

docs/decisions/leader-by-advisory-lock.md tells why any worker may do it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta

import asyncpg

from db.connecting import connect
from db.keeping import statement

_CONNECT_SECONDS = 10
_COMMAND_SECONDS = 300
_LOCK_TIMEOUT = "2s"
"""No writer waits behind a DETACH CONCURRENTLY, so it may wait for a while; DROP then takes a table
that nobody knows any more."""

_NOT_NOW = (
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.ObjectNotInPrerequisiteStateError,
)


@dataclass(frozen=True, slots=True)
class Round:
    """What one round did, as partitions' or chunks' names. `postponed` waits for the next one."""

    made: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    postponed: list[str] = field(default_factory=list)


async def keep(
    dsn: str,
    raw_days: int = 60,
    window_days: int = 400,
    days_by_table: Mapping[str, int] | None = None,
) -> Round | None:
    """Make partitions ahead and drop what has expired, unless another session is just at it: None.

    Rows are kept for so many whole days and the current one; a day goes when all of it is older.
    `days_by_table` says otherwise for single tables. Safe to be called by every worker, at any
    time; every ten minutes is often enough. Raises OSError, TimeoutError or asyncpg.PostgresError.
    """
    connection = await _connect(dsn)
    try:
        if not await connection.fetchval(statement("lead")):
            return None
        made = [row[0] for row in await connection.fetch(statement("make_ahead"))]
        kept = await connection.fetch(statement("kept"))
        days = {
            row["name"]: raw_days if row["kind"] == "raw" else window_days for row in kept
        } | dict(days_by_table or {})
        done = await _drop(connection, {row["name"]: row["is_hypertable"] for row in kept}, days)
        return Round(made, done.dropped, done.postponed)
    finally:
        await connection.close()


async def drop_expired(dsn: str, retention: Mapping[str, int]) -> Round:
    """Drop what is older than so many days, by table. Tables that are not named are left alone."""
    connection = await _connect(dsn)
    try:
        kept = {
            row["name"]: row["is_hypertable"] for row in await connection.fetch(statement("kept"))
        }
        return await _drop(connection, kept, retention)
    finally:
        await connection.close()


def expiry(days: int) -> datetime:
    """Give the time before which rows that are kept for so many days have expired.

    A day more than that: what an event may just be late for is not dropped under it.
    """
    return datetime.combine(datetime.now(UTC).date() - timedelta(days=days + 1), time(), UTC)


async def _connect(dsn: str) -> asyncpg.Connection:
    return await connect(
        dsn,
        timeout=_CONNECT_SECONDS,
        command_timeout=_COMMAND_SECONDS,
        server_settings={
            "application_name": "headrace-keeping",
            "lock_timeout": _LOCK_TIMEOUT,
            "timezone": "UTC",
        },
    )


async def _drop(
    connection: asyncpg.Connection, kept: Mapping[str, bool], retention: Mapping[str, int]
) -> Round:
    done = Round()
    for table, days in retention.items():
        if table not in kept:
            continue
        drop = _drop_chunks if kept[table] else _drop_partitions
        await drop(connection, table, expiry(days), done)
    return done


async def _drop_chunks(
    connection: asyncpg.Connection, table: str, expired: datetime, done: Round
) -> None:
    try:
        chunks = await connection.fetch(statement("chunks"), table, expired)
    except _NOT_NOW:
        done.postponed.append(table)
    else:
        done.dropped.extend(row[0] for row in chunks)


async def _drop_partitions(
    connection: asyncpg.Connection, table: str, expired: datetime, done: Round
) -> None:
    attached = await connection.fetch(statement("expired"), table, expired)
    for partition, is_leaving in attached:
        try:
            await _detach(connection, table, partition, is_leaving=is_leaving)
        except _NOT_NOW:
            done.postponed.append(partition)
    for (partition,) in await connection.fetch(statement("detached"), table, expired):
        try:
            await connection.execute(f'DROP TABLE "{partition}"')
        except _NOT_NOW:
            done.postponed.append(partition)
        else:
            done.dropped.append(partition)


async def _detach(
    connection: asyncpg.Connection, table: str, partition: str, *, is_leaving: bool
) -> None:
    # the last round may have been killed between the two transactions of a DETACH CONCURRENTLY
    how = "FINALIZE" if is_leaving else "CONCURRENTLY"
    await connection.execute(f'ALTER TABLE "{table}" DETACH PARTITION "{partition}" {how}')
