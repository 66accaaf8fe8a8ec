"""SQL that comes with a stream of one's own: each file is run once, and remembered.

By its name and its stream's topic: files of two streams may have the same name, and a stream keeps
its topic wherever its files are moved.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import asyncpg

from db.connecting import connect
from db.migrate import take_turns
from db.queries import load

_SECONDS = 60
_TRIES = 30
_PAUSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class OwnSql:
    """A file with tables, or changes of them, of the stream that has this topic."""

    topic: str
    path: Path

    @property
    def name(self) -> str:
        """What it is remembered by."""
        return f"{self.topic}/{self.path.name}"


def files_beside(stream_file: Path, topic: str) -> list[OwnSql]:
    """Give `<stream>.sql`, `<stream>.2.sql`, `<stream>.3.sql` and so on, in order."""
    found = [stream_file.with_suffix(".sql")]
    while (following := stream_file.with_suffix(f".{len(found) + 1}.sql")).is_file():
        found.append(following)
    return [OwnSql(topic, path) for path in found if path.is_file()]


async def run_user_sql(dsn: str, files: Sequence[OwnSql]) -> list[str]:
    """Run what was not run yet, each in a transaction; return the names of those files.

    The database must be migrated. Raises OSError, TimeoutError or asyncpg.PostgresError as they
    come.
    """
    if not files:
        return []
    sql = load(Path(__file__).with_name("user_sql.sql"))
    connection = await connect(dsn, timeout=_SECONDS, command_timeout=_SECONDS)
    try:
        known = {row["name"] for row in await connection.fetch(sql["known"])}
        new = [file for file in files if file.name not in known]
        if new:
            await _patiently(partial(_adopt, connection, sql["adopt"], new))
        run = partial(_run, connection, sql)
        return [file.path.name for file in new if await _patiently(partial(run, file))]
    finally:
        await connection.close()


async def _patiently(action: Callable[[], Awaitable[bool]]) -> bool:
    # who waits for a lock of a table makes its writers wait: a little at a time
    for _ in range(_TRIES):
        try:
            return await action()
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
            await asyncio.sleep(_PAUSE_SECONDS)
    return await action()


async def _adopt(connection: asyncpg.Connection, sql: str, files: Sequence[OwnSql]) -> bool:
    async with connection.transaction():
        await take_turns(connection)
        names = [file.path.name for file in files]
        await connection.execute(sql, names, [file.topic for file in files])
    return True


async def _run(connection: asyncpg.Connection, sql: dict[str, str], file: OwnSql) -> bool:
    """Run a file, unless it was; say which."""
    async with connection.transaction():
        await take_turns(connection)
        if not await connection.fetchval(sql["remember"], file.name, file.topic):
            return False
        # a worker of 0.1 looks for this name, and would run the file again
        await connection.execute(sql["remember_for_old"], file.path.name, file.topic)
        await connection.execute(file.path.read_text(encoding="utf-8"))
    return True
