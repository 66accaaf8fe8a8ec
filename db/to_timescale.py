"""From PostgreSQL's partitions to TimescaleDB's hypertables: `headrace migrate --to-timescale`.

Table by table: it refuses writers from now on (workers wait, and Kafka keeps the records), its
partitions are copied one by one, each with a note of it in one transaction, and in a last one the
copy takes its place, with every view, function and right that hung on it. Killed at any moment,
the next run goes on; until then nothing can be written into what was copied already. Readers are
kept out for the last step alone. Takes as much disk again as the largest table.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import asyncpg

from db.connecting import connect
from db.migrate import take_turns, wait_for_others
from db.partitions import statement as of_keeping
from db.queries import load

_CONNECT_SECONDS = 60
_TRIES = 150
_PAUSE_SECONDS = 1.0
_COME_AGAIN = (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError)

Say = Callable[[str], None]


class CannotMoveError(Exception):
    """Something is in the way; the message says what to do. Nothing was lost."""


async def to_timescale(dsn: str, say: Say = lambda _: None) -> list[str]:
    """Make hypertables of all kept tables that are partitioned; return their names.

    The extension must be there, and the database migrated. `say` is told of each step. Raises
    CannotMoveError; OSError, TimeoutError or asyncpg.PostgresError as they come.
    """
    connection = await connect(
        dsn,
        timeout=_CONNECT_SECONDS,
        server_settings={"application_name": "headrace-to-timescale", "timezone": "UTC"},
    )
    try:
        move = _Move(connection, load(Path(__file__).with_suffix(".sql")), say)
        await wait_for_others(connection)
        await move.keep_retention_out()
        return await move.run()
    finally:
        await connection.close()


class _Move:
    def __init__(self, connection: asyncpg.Connection, sql: Mapping[str, str], say: Say) -> None:
        self._connection = connection
        self._sql = sql
        self._say = say

    async def keep_retention_out(self) -> None:
        """Have no round drop or make partitions meanwhile: they wait for who leads, and go on."""
        for _ in range(_TRIES):
            if await self._connection.fetchval(of_keeping("lead")):
                return
            await asyncio.sleep(_PAUSE_SECONDS)
        raise CannotMoveError("a round of retention is under way: run this again in some minutes")

    async def run(self) -> list[str]:
        if not await self._connection.fetchval("SELECT has_timescaledb()"):
            raise CannotMoveError("TimescaleDB is not there: headrace migrate --timescale")
        tables = await self._connection.fetch(self._sql["tables"])
        if tables:
            await self._connection.execute(self._sql["prepare"])
        for name, _, kind in tables:
            await self._table(name, kind)
        if await self._connection.fetchval(self._sql["has_begun"]):
            await self._connection.execute(self._sql["finish"])
        return [row["name"] for row in tables]

    async def _table(self, name: str, kind: str) -> None:
        await self._with_short_locks(lambda: self._freeze(name))
        if not await self._connection.fetchval(self._sql["is_made"], name):
            async with self._connection.transaction():
                await self._make(name)
        partitions = await self._connection.fetch(self._sql["partitions"], name)
        for number, (partition,) in enumerate(partitions, 1):
            rows = await self._copy(name, partition)
            self._say(f"{name} ({kind}): {partition}, {rows:,} rows, {number} of {len(partitions)}")
        old, new = (await self._connection.fetch(await self._one("compare", name)))[0]
        if old != new:
            raise CannotMoveError(f"{name} has {old:,} rows and its copy {new:,}: report this")
        await self._with_short_locks(lambda: self._swap(name))
        self._say(f"{name}: a hypertable now, {new:,} rows")

    async def _freeze(self, name: str) -> None:
        if not await self._connection.fetchval(self._sql["is_frozen"], name):
            await self._connection.execute(await self._one("freeze", name))

    async def _make(self, name: str) -> None:
        statements = [row[0] for row in await self._connection.fetch(self._sql["make"], name)]
        for one in statements:
            await self._connection.execute(one)
        # the migration's function finds the copy first
        await self._connection.execute("SET LOCAL search_path = headrace_moving, public")
        await self._connection.fetch(self._sql["cut"], name)

    async def _copy(self, name: str, partition: str) -> int:
        async with self._connection.transaction():
            done = await self._connection.execute(await self._one("copy", name, partition))
            await self._connection.execute(self._sql["copied"], partition)
        return int(done.rpartition(" ")[2])

    async def _swap(self, name: str) -> None:
        before = await self._names()
        again = await self._again(name)
        for row in await self._connection.fetch(self._sql["swap"], name):
            await self._connection.execute(row[0])
        for one in again:
            await self._connection.execute(one)
        await self._connection.execute(self._sql["forget"])
        if lost := before - await self._names():
            raise CannotMoveError(
                f"{', '.join(sorted(lost))} would be lost, which needs {name}: drop it, run this "
                "again, and make it anew"
            )

    async def _again(self, name: str) -> list[str]:
        """Write down whatever goes with a table, as the statements that make it again."""
        oid = await self._connection.fetchval("SELECT to_regclass(quote_ident($1))::oid", name)
        again = await self._words(oid, name)
        for row in await self._connection.fetch(self._sql["dependents"], name):
            if row["is_stored"]:
                raise CannotMoveError(
                    f"drop materialized view {row['name']}, and make it anew later"
                )
            if row["is_function"]:
                again += await self._list("function_again", row["oid"])
            else:
                again += await self._list("view_again", row["oid"], row["rolls_up"])
                again += await self._words(row["oid"], row["name"])
        return again

    async def _words(self, oid: int, name: str) -> list[str]:
        return await self._list("words_again", oid, name)

    async def _names(self) -> set[str]:
        return set(await self._list("names"))

    async def _list(self, statement: str, *values: object) -> list[str]:
        rows = await self._connection.fetch(self._sql[statement], *values)
        return [row[0] for row in rows if row[0] is not None]

    async def _one(self, statement: str, *values: object) -> str:
        return (await self._list(statement, *values))[0]

    async def _with_short_locks(self, step: Callable[[], Awaitable[None]]) -> None:
        """Run a step in a transaction; who queues behind its locks waits for 2 s at most."""
        for left in reversed(range(_TRIES)):
            try:
                async with self._connection.transaction():
                    await take_turns(self._connection)
                    await step()
            except _COME_AGAIN:
                if not left:
                    raise
                await asyncio.sleep(_PAUSE_SECONDS)
            else:
                return
