"""PostgreSQL alone: its own binary COPY of the rows that a worker has just stored."""

from __future__ import annotations

import time

import asyncpg

from benchmarks.exactness import SQL


async def copy_rate(dsn: str) -> float:
    """Give rows/s of COPY FROM a file on the server, into a table of the same shape."""
    connection = await asyncpg.connect(dsn)
    try:
        folder = await connection.fetchval("SHOW data_directory")
        file = f"{folder}/rows.copy"
        await connection.execute(f"COPY content_sessions TO '{file}' (FORMAT binary)")
        await connection.execute(SQL["make_copied"])
        await connection.execute("CHECKPOINT")
        began = time.perf_counter()
        done = await connection.execute(f"COPY copied FROM '{file}' (FORMAT binary)")
        elapsed = time.perf_counter() - began
        await connection.execute("DROP TABLE copied")
        return int(done.removeprefix("COPY ")) / elapsed
    finally:
        await connection.close()
