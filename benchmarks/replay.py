"""`python -m benchmarks.replay --events N`: media events from Parquet into a database, exactly.

Engines of its own. The events are the generator's, of all versions, written by the Parquet sink;
`headrace replay --into` is timed as a process, from its start to its end, with the most memory that
it holds. The result is compared: rows and windows are those of what was written. Prints JSON.
"""

from __future__ import annotations

import asyncio
import os
import resource
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import NamedTuple

import asyncpg
import click
import msgspec
import psutil

from benchmarks.environment import Place, place
from benchmarks.machine import commit, machine
from benchmarks.samples import LONGEST, Sample
from generator.clients import Simulation
from generator.traffic import Fractions, Traffic
from models.all import STREAMS
from models.batches import Batch
from models.decode import Decoder
from models.positions import TopicPartition
from models.records import RecordBatch
from models.validation import Limits
from sinks.parquet.kind import open_parquet
from sinks.parquet.options import ParquetOptions

_TOPIC = "media_events"
_PARTITIONS = 4
_EVENTS_PER_SECOND = 20_000
_FILE_ROWS = 250_000
_WINDOWS = (
    "SELECT event_type, content_type, sum(events)::int8 FROM media_events_by_type GROUP BY 1, 2"
)


@dataclass
class Written:
    """What stands in Parquet."""

    rows: int = 0
    by_type: Counter[tuple[str, str]] = field(default_factory=Counter)


async def write(folder: Path, events: int) -> Written:
    """Write the generator's events, each partition its share of them, in its own files."""
    written, stream = Written(), STREAMS[_TOPIC]
    sent = time.time_ns() // 1_000_000
    start = sent - events * 1_000 // _EVENTS_PER_SECOND
    traffic = Traffic(_TOPIC, Simulation(1, _EVENTS_PER_SECOND, start), Fractions(bad=0))
    sink = open_parquet(ParquetOptions(path=str(folder)), stream, "archive")
    decoder = Decoder(stream, Limits())
    names = stream.column_names
    kinds = [names.index(name) for name in ("event_type", "content_type")]
    for partition in range(_PARTITIONS):
        tp, offset, share = TopicPartition(_TOPIC, partition), 0, events // _PARTITIONS
        batch = Batch(stream)
        while offset < share:
            made = [
                Sample(at, sent, record.value)
                for at, record in enumerate(traffic.take(min(LONGEST, share - offset)), offset)
            ]
            offset += len(made)
            decoded = decoder.decode(RecordBatch(tp, made[0].offset, offset, made))
            batch.add(decoded, sink.encode(decoded, 1))
            written.rows += len(decoded.offsets)
            written.by_type.update(zip(*(decoded.columns[one] for one in kinds), strict=True))
            if batch.records >= _FILE_ROWS or offset >= share:
                await sink.write(batch, await sink.positions([tp]))
                batch = Batch(stream)
    await sink.close()
    return written


class Memory:
    """The most memory that a process has held."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self._ended = Event()
        self._thread = Thread(target=self._watch, daemon=True)
        self.most_bytes = 0
        self._thread.start()

    def end(self) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(0.2):
            try:
                self.most_bytes = max(self.most_bytes, self._process.memory_info().rss)
            except psutil.NoSuchProcess:
                return


async def _is_exact(dsn: str, written: Written) -> bool:
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetchval(
            "SELECT count(DISTINCT (kafka_partition, kafka_offset)) FROM media_events"
        )
        all_rows = await connection.fetchval("SELECT count(*) FROM media_events")
        windows = {(row[0], row[1]): row[2] for row in await connection.fetch(_WINDOWS)}
    finally:
        await connection.close()
    return rows == all_rows == written.rows and windows == dict(written.by_type)


async def measure(here: Place, events: int) -> dict[str, object]:
    folder = here.folder / "parquet"
    written = await write(folder, events)
    async with here.database() as dsn:
        run = await asyncio.to_thread(_replay, here, folder, dsn)
        return {
            "rows": written.rows,
            "seconds": round(run.seconds, 1),
            "cpu_microseconds_a_row": round(run.cpu_seconds / written.rows * 1e6, 1),
            "rows_per_second": round(written.rows / run.seconds),
            "most_memory_bytes": run.most_bytes,
            "is_exact": run.succeeded and await _is_exact(dsn, written),
            "told": run.told.splitlines(),
        }


class _Ran(NamedTuple):
    succeeded: bool
    seconds: float
    cpu_seconds: float
    most_bytes: int
    told: str


def _replay(here: Place, folder: Path, dsn: str) -> _Ran:
    command = [sys.executable, "-m", "app", "replay", "--stream", _TOPIC]
    started, cpu = time.perf_counter(), _cpu_seconds()
    process = subprocess.Popen(
        [*command, "--source", "parquet", "--path", str(folder), "--into", dsn],
        env=os.environ | {"HEADRACE_BROKER": here.kafka.address, "HEADRACE_DATABASE": dsn},
        stdout=subprocess.PIPE,
        text=True,
    )
    memory = Memory(psutil.Process(process.pid))
    told, _ = process.communicate()
    seconds = time.perf_counter() - started
    memory.end()
    return _Ran(process.returncode == 0, seconds, _cpu_seconds() - cpu, memory.most_bytes, told)


def _cpu_seconds() -> float:
    """Give what processes have used that this one has started, and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@click.command()
@click.option("--events", type=click.IntRange(1_000), default=1_000_000, show_default=True)
def main(*, events: int) -> None:
    """Measure, and print the result as JSON."""
    with place() as here:
        found = asyncio.run(measure(here, events))
        about = {
            "machine": machine(here.postgres.query("SHOW server_version").strip()),
            "commit": commit(),
        }
    click.echo(msgspec.json.format(msgspec.json.encode(about | found), indent=2).decode())
    if not found["is_exact"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
