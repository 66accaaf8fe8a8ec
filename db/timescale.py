"""The extension TimescaleDB, created before there are tables."""

from __future__ import annotations

import asyncpg

from db.connecting import connect
from db.migrate import wait_for_others

_SECONDS = 60


class NotAvailableError(Exception):
    """The extension cannot be created; the message says what has to be done first."""


# What is compressed is decompressed to be deleted: 100,000 rows in a transaction by default, while
# of a stretch of time more may lie together. Without the extension there is no such setting.
AS_MANY_AS_IT_TAKES = """
SELECT set_config(name, '0', true) FROM pg_settings
WHERE name = 'timescaledb.max_tuples_decompressed_per_dml_transaction'
"""
"""Lifts, for the transaction, the limit of compressed rows that it may change."""


async def create_timescaledb(dsn: str) -> str:
    """Create the extension in this database unless it is there; return its version.

    Raises NotAvailableError; OSError, TimeoutError or asyncpg.PostgresError as they come.
    """
    connection = await connect(dsn, timeout=_SECONDS, command_timeout=_SECONDS)
    try:
        await wait_for_others(connection)
        await connection.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
        found = await connection.fetchval(
            "SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'"
        )
        return str(found)
    except asyncpg.InsufficientPrivilegeError:
        raise NotAvailableError(
            "this role may not create the extension. An administrator has to run, in this "
            "database: CREATE EXTENSION timescaledb"
        ) from None
    except (asyncpg.FeatureNotSupportedError, asyncpg.UndefinedFileError):
        raise NotAvailableError(
            "this server does not have TimescaleDB: install its package there, and put "
            "timescaledb into shared_preload_libraries (docs/guides/retention.md)"
        ) from None
    except asyncpg.PostgresError as error:
        if "shared_preload_libraries" not in f"{error} {error.hint}":
            raise
        raise NotAvailableError(
            "the server has TimescaleDB and has not loaded it: put timescaledb into "
            "shared_preload_libraries, and start PostgreSQL again"
        ) from None
    finally:
        await connection.close()
