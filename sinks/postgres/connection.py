"""One connection, made when it is needed, and what its errors mean."""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, ClassVar

import asyncpg
from asyncpg.prepared_stmt import PreparedStatement

from db.connecting import connect
from db.migrate import migrate
from db.partitioning import way_of
from db.user_sql import OwnSql, run_user_sql
from sinks.base import SinkUnavailable

logger = logging.getLogger(__name__)

_CONNECT_SECONDS = 10
_COMMAND_SECONDS = 60
_LOOK_SECONDS = 1

_SESSION = {
    "application_name": "headrace",
    # A worker paused between the upsert and COMMIT holds row locks that its successor needs.
    "idle_in_transaction_session_timeout": "3s",
    "statement_timeout": f"{_COMMAND_SECONDS}s",
    # A worker that is gone must not go on holding locks: notice while a statement runs.
    "client_connection_check_interval": "1s",
    "timezone": "UTC",
}

_NOT_NOW = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,  # disk full, out of memory, too many connections
    asyncpg.OperatorInterventionError,  # shutting down, starting up, statement timeout
    asyncpg.TransactionRollbackError,  # deadlock, serialization
    asyncpg.InvalidTransactionStateError,  # read-only, idle in transaction too long
    asyncpg.ObjectNotInPrerequisiteStateError,  # lock not available, being dropped or restored
    asyncpg.InvalidCatalogNameError,  # the database is not there (being restored)
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.PostgresSystemError,  # I/O error
    asyncpg.InternalClientError,  # a server killed in the middle of an answer leaves asyncpg so
)


class Connection:
    """A connection that comes back. Migrates the database before its first use.

    `prepared` are statements for use in transactions. asyncpg prepares what is new to a connection
    in a message of its own, and between it and the next one PostgreSQL counts the session as
    active: a worker that freezes right there, after it has locked rows, holds them for ever. So
    everything that locks is prepared before.
    """

    _told: ClassVar[set[str]] = set()
    """Databases whose way of cutting tables this process has said: once, not for each stream."""

    def __init__(
        self, dsn: str, prepared: Iterable[str] = (), user_sql: Sequence[OwnSql] = ()
    ) -> None:
        self._dsn = dsn
        self._own_sql = user_sql
        self._to_prepare = tuple(prepared)
        self._prepared: Mapping[str, PreparedStatement[asyncpg.Record]] = {}
        self._open: asyncpg.Connection | None = None
        self._migrated = False

    @asynccontextmanager
    async def use(self) -> AsyncIterator[asyncpg.Connection]:
        """Give the connection; what the database cannot do now is raised as SinkUnavailable.

        After any error, and when cancelled, the connection is cut: the server then undoes what was
        begun, and the next use starts clean.
        """
        try:
            yield await self._ensure()
        except BaseException as error:
            # asyncpg raises all sorts of things on a connection that is gone
            is_gone = self._open is not None and self._open.is_closed()
            self._cut()
            if isinstance(error, asyncpg.UndefinedTableError):
                raise SinkUnavailable(_explain_missing(error)) from error
            if isinstance(error, _NOT_NOW) or (is_gone and isinstance(error, Exception)):
                raise SinkUnavailable(_explain(error)) from error
            raise

    def prepared(self, sql: str) -> "PreparedStatement[asyncpg.Record]":
        """Give a prepared statement of the connection in use."""
        return self._prepared[sql]

    async def close(self) -> None:
        """Close politely, within a second."""
        opened, self._open = self._open, None
        if opened is not None:
            try:
                await opened.close(timeout=1)
            except (*_NOT_NOW, asyncio.CancelledError):
                opened.terminate()

    async def _ensure(self) -> asyncpg.Connection:
        if self._open is None or self._open.is_closed():
            if not self._migrated:
                await migrate(self._dsn)
                await run_user_sql(self._dsn, self._own_sql)
                self._migrated = True
            self._open = await connect(
                self._dsn,
                timeout=_CONNECT_SECONDS,
                command_timeout=_COMMAND_SECONDS,
                server_settings=_SESSION,
            )
            await self._tell_way(self._open)
            self._prepared = {sql: await self._open.prepare(sql) for sql in self._to_prepare}
        return self._open

    async def _tell_way(self, connection: asyncpg.Connection) -> None:
        if self._dsn not in self._told:
            self._told.add(self._dsn)
            chosen = await way_of(connection)
            change = f". To change that: {chosen.cure}" if chosen.cure else ""
            logger.info("the database: %s%s", chosen, change)

    def _cut(self) -> None:
        opened, self._open = self._open, None
        if opened is not None:
            opened.terminate()


async def commit(connection: asyncpg.Connection) -> None:
    """Commit; SinkUnavailable where PostgreSQL rolled back instead, which is no error to it."""
    answer = await connection.execute("COMMIT")
    if answer != "COMMIT":
        raise SinkUnavailable(f"PostgreSQL answered {answer} to COMMIT: nothing was stored")


async def watched(connection: asyncpg.Connection, copying: Coroutine[Any, Any, Any]) -> None:
    """Run a COPY; TimeoutError when it takes too long, ConnectionError when the server is gone.

    asyncpg notices neither while its socket is full: it waits for room without a limit.
    """
    task = asyncio.create_task(copying)
    try:
        async with asyncio.timeout(_COMMAND_SECONDS):
            while not (await asyncio.wait([task], timeout=_LOOK_SECONDS))[0]:
                if connection.is_closed():
                    raise ConnectionError("the connection was lost during COPY")
        task.result()
    finally:
        if not task.done():
            task.cancel()
            task.add_done_callback(lambda done: done.cancelled() or done.exception())


def _explain(error: BaseException) -> str:
    return f"PostgreSQL: {str(error) or 'no answer'} ({type(error).__name__})"


def _explain_missing(error: asyncpg.UndefinedTableError) -> str:
    return (
        f"PostgreSQL: a table is missing: {error.args[0]}. Bring it back (from a backup, or by the "
        "SQL that made it): writing then goes on by itself"
    )
