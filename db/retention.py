"""The round that one worker makes for all: partitions ahead, and what has expired goes.

docs/decisions/leader-by-row.md tells why any worker may do it. Only the database's clock
decides what has expired, and a clock that has jumped is not believed for a day.
"""

import json
from dataclasses import replace
from datetime import datetime, timedelta

import asyncpg

from db.partitions import statement
from db.retention_drops import Leaving, RetentionRound, connect, drop, prune

_A_DAY = timedelta(days=1)
_QUIET = timedelta(minutes=5)


async def apply_retention(
    dsn: str,
    raw_days: int = 60,
    window_days: int = 400,
    *,
    dead_letter_days: int = 30,
    quiet: timedelta = _QUIET,
) -> RetentionRound | None:
    """Make partitions ahead and drop what has expired, unless another session is just at it: None.

    Rows are kept for so many whole days and the current one; a day goes when all of it is older.
    A partition goes in the first round that finds nothing written to it since an earlier one,
    `quiet` ago or more. Safe to be called by every worker, at any time; every ten minutes is often
    enough. Raises OSError, TimeoutError or asyncpg.PostgresError.
    """
    connection = await connect(dsn)
    try:
        last = await connection.fetchrow(statement("lead"))
        if last is None:
            return _another(await connection.fetchrow(statement("last")))
        made = [row[0] for row in await connection.fetch(statement("make_ahead"))]
        kept = await connection.fetch(statement("kept"))
        days = {row["name"]: raw_days if row["kind"] == "raw" else window_days for row in kept}
        held_until = hold(last["now"], last["ended_at"], last["held_until"])
        leaving = Leaving(json.loads(last["leaving"]), last["now"], quiet, held_until)
        hypertables = {row["name"]: row["is_hypertable"] for row in kept}
        done = await drop(connection, hypertables, days, leaving)
        pruned = 0 if held_until else await prune(connection, dead_letter_days)
        await connection.execute(statement("ended"), held_until, json.dumps(leaving.seen))
    finally:
        await connection.close()
    held = _explain(held_until) if held_until else ""
    return replace(done, made=made, dead_letters=pruned, held=held)


def hold(now: datetime, ended: datetime | None, held_until: datetime | None) -> datetime | None:
    """Say until when nothing is dropped, if so; times are the database's.

    Rounds come every ten minutes. Where the last one ended more than a day ago, or will end more
    than a day from now, either all workers were away or the clock has jumped: a day's delay costs
    little, and gives people the time to put a clock right.
    """
    if ended is not None and abs(now - ended) > _A_DAY:
        return now + _A_DAY
    return held_until if held_until is not None and held_until > now else None


def _explain(held_until: datetime) -> str:
    return (
        f"nothing is dropped before {held_until:%Y-%m-%d %H:%M} UTC by the database's clock, since "
        "that moved by more than a day between two rounds. Check the clock of the database's "
        "machine; if it is right, and no worker was running in between, there is nothing to do"
    )


def _another(last: asyncpg.Record | None) -> RetentionRound | None:
    if last is None or last["ended_at"] is None or last["now"] - last["ended_at"] < _A_DAY:
        return None
    return RetentionRound(
        held=f"no round has ended since {last['ended_at']:%Y-%m-%d %H:%M} UTC: the session that "
        f"keeps hangs. End it: SELECT pg_terminate_backend({last['pid']})"
    )
