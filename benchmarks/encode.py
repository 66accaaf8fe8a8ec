"""`python -m benchmarks.encode`: COPY's format by column (ours) against asyncpg's, row by row.

Each sends the same rows into the same table; counted is the CPU time of this process alone. So
both figures hold the sending, and the first the encoding by itself too.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import asyncpg
import msgspec

from benchmarks.environment import Place, place
from benchmarks.samples import decoded
from models.batches import DecodedBatch
from models.content_sessions import CONTENT_SESSIONS
from models.types import Kind
from sinks.postgres import copy

_EVENTS = 200_000
_REPEAT = 5
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TABLE = CONTENT_SESSIONS.topic
_COLUMNS = [
    *(column.name for column in CONTENT_SESSIONS.columns),
    *("kafka_offset", "kafka_partition", "epoch"),
]


def _encode(part: DecodedBatch) -> bytes:
    columns: list[tuple[Kind, Sequence[Any]]] = [
        (column.kind, values)
        for column, values in zip(CONTENT_SESSIONS.columns, part.columns, strict=True)
    ]
    same: list[tuple[Kind, int]] = [("int4", part.tp.partition), ("int4", 1)]
    return copy.encode_rows([*columns, ("int8", part.offsets)], same)


def _rows(part: DecodedBatch) -> list[tuple[Any, ...]]:
    times, *others = part.columns
    moments = [_EPOCH + timedelta(microseconds=time) for time in times]
    same = ([part.tp.partition] * len(times), [1] * len(times))
    return list(zip(moments, *others, part.offsets, *same, strict=True))


async def _by_column(connection: asyncpg.Connection, parts: Sequence[DecodedBatch]) -> None:
    async def source() -> AsyncIterator[bytes]:
        yield copy.HEADER
        for part in parts:
            yield _encode(part)
        yield copy.TRAILER

    await connection.copy_to_table(_TABLE, source=source(), columns=_COLUMNS, format="binary")


async def _by_row(connection: asyncpg.Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    await connection.copy_records_to_table(_TABLE, records=rows, columns=_COLUMNS)


async def _encoding_only(parts: Sequence[DecodedBatch]) -> None:
    for part in parts:
        _encode(part)


async def _cpu_seconds(work: Callable[[], Awaitable[None]]) -> float:
    """Give the least of some runs: what other processes do can only add."""
    taken = []
    for _ in range(_REPEAT):
        began = time.process_time()
        await work()
        taken.append(time.process_time() - began)
    return min(taken)


async def measure(dsn: str) -> dict[str, float]:
    """Give microseconds of CPU time for each row."""
    parts = decoded(_EVENTS)
    rows = [row for part in parts for row in _rows(part)]
    connection = await asyncpg.connect(dsn)
    try:
        taken = {
            "encode_rows": await _cpu_seconds(partial(_encoding_only, parts)),
            "encode_rows_and_send": await _cpu_seconds(partial(_by_column, connection, parts)),
            # its tuples are made beforehand: a worker would pay for them too
            "copy_records_to_table": await _cpu_seconds(partial(_by_row, connection, rows)),
        }
    finally:
        await connection.close()
    return {name: round(seconds / len(rows) * 1e6, 3) for name, seconds in taken.items()}


async def main(here: Place) -> None:
    async with here.database() as dsn:
        print(msgspec.json.encode({"unit": "us/row", **await measure(dsn)}).decode())


if __name__ == "__main__":
    with place() as here:
        asyncio.run(main(here))
