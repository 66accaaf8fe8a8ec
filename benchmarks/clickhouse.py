"""`python -m benchmarks.clickhouse`: our ClickHouse sink beside clickhouse-connect, not exact.

Both store the same decoded heartbeats, 100,000 a write, in tables of the same columns and sorting
key on one server: ours with guard, positions and projections, the other as `client.insert()` does
without any. Ours encodes one write while the one before is written, as a worker does. Counted is
the time of encoding and writing, by the clock. JSON on standard output.
"""

from __future__ import annotations

import asyncio
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import clickhouse_connect
import msgspec

from benchmarks.samples import decoded
from benchmarks.sinks.into_clickhouse import plain_table_sql
from devstack.engines.clickhouse import Clickhouse
from devstack.processes.watchdog import Watchdog
from models.batches import Batch, DecodedBatch
from models.content_sessions import CONTENT_SESSIONS
from models.positions import Position, TopicPartition
from sinks.clickhouse.options import ClickhouseOptions
from sinks.clickhouse.sink import ClickhouseSink

_EVENTS = 1_000_000
_PARTS = 20
"""Record batches in one write: 20 of 5,000. ClickHouse advises 10,000 to 100,000 rows an INSERT."""

_ROUNDS = 5
_WITHOUT_WINDOWS = replace(CONTENT_SESSIONS, windows=())
"""As a worker of a record sink batches: it folds nothing."""

_TP = TopicPartition(CONTENT_SESSIONS.topic, 0)


def _writes(parts: Sequence[DecodedBatch]) -> list[Sequence[DecodedBatch]]:
    return [parts[begin : begin + _PARTS] for begin in range(0, len(parts), _PARTS)]


async def _ours(url: str, number: int, parts: Sequence[DecodedBatch]) -> float:
    options = ClickhouseOptions(url=url, database=f"ours{number}")
    sink = ClickhouseSink(options, CONTENT_SESSIONS)
    expected = dict(await sink.positions([_TP]))
    began = time.perf_counter()
    writing = asyncio.create_task(asyncio.sleep(0))
    for some in _writes(parts):
        batch = Batch(_WITHOUT_WINDOWS)
        for part in some:
            batch.add(part, sink.encode(part, 1))
            await asyncio.sleep(0)  # as a worker does between record batches
        await writing
        writing = asyncio.create_task(_write(sink, batch, expected))
    await writing
    taken = time.perf_counter() - began
    await sink.close()
    return taken


async def _write(
    sink: ClickhouseSink, batch: Batch, expected: dict[TopicPartition, Position]
) -> None:
    await sink.write(batch, expected)
    expected |= batch.positions(expected)


def _theirs(port: int, number: int, parts: Sequence[DecodedBatch]) -> float:
    client = clickhouse_connect.get_client(host="127.0.0.1", port=port, compress=False)
    client.command(plain_table_sql(f"plain.r{number}"))
    names = [*CONTENT_SESSIONS.column_names, "kafka_partition", "kafka_offset"]
    began = time.perf_counter()
    for some in _writes(parts):
        columns = [
            [value for part in some for value in part.columns[place]]
            for place in range(len(CONTENT_SESSIONS.columns))
        ]
        offsets = [offset for part in some for offset in part.offsets]
        data = [*columns, [_TP.partition] * len(offsets), offsets]
        client.insert(f"plain.r{number}", data, column_names=names, column_oriented=True)
    taken = time.perf_counter() - began
    client.close()
    return taken


def measure(server: Clickhouse) -> dict[str, object]:
    """Give rows a second of both, turn by turn, and their ratio."""
    parts = decoded(_EVENTS)
    rows = sum(len(part.offsets) for part in parts)
    server.query("CREATE DATABASE plain")
    rates: dict[str, list[float]] = {"headrace": [], "clickhouse_connect": []}
    for number in range(_ROUNDS):
        rates["headrace"].append(rows / asyncio.run(_ours(server.url, number, parts)))
        rates["clickhouse_connect"].append(rows / _theirs(server.port, number, parts))
    found = {name: statistics.median(each) for name, each in rates.items()}
    return {
        "unit": "rows/s",
        "rows": rows,
        "rounds": {name: [round(rate) for rate in each] for name, each in rates.items()},
        **{name: round(rate) for name, rate in found.items()},
        "ratio": round(found["headrace"] / found["clickhouse_connect"], 2),
    }


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="headrace-bench-"))
    try:
        with Watchdog() as watchdog:
            server = Clickhouse(folder / "clickhouse", watchdog)
            server.start()
            try:
                print(msgspec.json.encode(measure(server)).decode())
            finally:
                server.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
