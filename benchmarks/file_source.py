"""`python -m benchmarks.file_source`: JSON Lines and Parquet into Kafka, against the generator.

The same events each time: from a file of each format through the source's runner, in transactions
with the resume point, and made ready in memory through the generator's producer, which is the
ceiling. Hops alone: what the file's reading costs without Kafka, and what batches cost. Prints
JSON; `cpu` is processor time of this process for a million events, `kafka_cpu` that of the broker,
which a busy machine changes less than the rate.
"""

from __future__ import annotations

import asyncio
import gc
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import msgspec
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
from aiokafka.errors import KafkaError

from agents.source_runner import SourceRunner
from batching.transactions import SourcePlace, SourceTopic
from batching.tuning import tune_collector
from benchmarks.machine import commit, machine
from config.document import SourceEntry
from devstack.engines import Kafka
from devstack.processes.watchdog import Watchdog
from generator.clients import Simulation
from generator.producer import Lane, Producer
from generator.records import Outcome, Record
from generator.target import Compression, Target
from generator.traffic import Fractions, Traffic
from models.content_sessions import CONTENT_SESSIONS
from models.decode import Decoder
from models.positions import TopicPartition
from models.records import RecordBatch
from models.streams import Stream
from models.validation import Limits
from sources.base import Source
from sources.files.kind import FILE
from sources.kinds import Opening
from telemetry.source_stats import SourceStats

_PARTITIONS = 4
_CHUNK = 5_000
_STREAM: Stream = CONTENT_SESSIONS


@dataclass(frozen=True, slots=True)
class Sample:
    """What the decoder asks of a record."""

    offset: int
    timestamp: int
    value: bytes | None


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of the clock, and of processors: of this process and of the broker."""

    wall: float
    cpu: float
    kafka_cpu: float

    def figures(self, events: int) -> dict[str, float]:
        millions = events / 1e6
        return {
            "events_per_second": round(events / self.wall),
            "cpu_seconds_per_million": round(self.cpu / millions, 2),
            "kafka_cpu_seconds_per_million": round(self.kafka_cpu / millions, 2),
        }


class _Nobody:
    """Counts nothing: only the sending is measured."""

    def add(self, outcomes: Iterable[Outcome]) -> None:
        del outcomes


@dataclass(slots=True)
class Bench:
    """One broker, and the events."""

    kafka: Kafka
    folder: Path
    events: int
    topics: int = 0

    async def measured(self, work: Callable[[], Awaitable[None]]) -> Spent:
        broker = psutil.Process(self.kafka.child.pid)
        gc.collect()
        wall, cpu, kafka = time.perf_counter(), time.process_time(), _cpu(broker)
        await work()
        return Spent(time.perf_counter() - wall, time.process_time() - cpu, _cpu(broker) - kafka)

    def topic(self) -> str:
        self.topics += 1
        return f"bench{self.topics}"

    async def ceiling(self, records: list[Record], compression: Compression) -> Spent:
        """Send what is made already, as the generator does."""
        target = Target(self.kafka.address, self.topic(), _PARTITIONS, compression)
        lane = Lane(_STREAM.topic, target, _Nobody())
        async with Producer([lane]) as producer:

            async def send() -> None:
                for begin in range(0, len(records), _CHUNK):
                    now = time.time_ns() // 1_000_000
                    await producer.send(lane, records[begin : begin + _CHUNK], now)
                    await asyncio.sleep(0)
                await producer.flush()

            return await self.measured(send)

    async def source(self, file: Path) -> Spent:
        """Read a file to its end into Kafka, as its role does."""
        stats = SourceStats()
        topic = self.topic()
        entry = SourceEntry(kind="file")
        place = SourcePlace(self.kafka.address, topic, f"{topic}.sources", "b", _PARTITIONS, 1)
        runner = SourceRunner(
            _readers(file, stats), place, entry, stats, silence_seconds=None, largest_bytes=2**20
        )
        await (await _opened(place)).close()  # topics are there: making them is no part of the rate
        spent = await self.measured(runner.run)
        if stats.records != self.events:
            raise click.ClickException(f"{stats.records:,} of {self.events:,} events came")
        return spent

    async def reading(self, file: Path) -> Spent:
        """Read a file to its end, and let what comes go."""
        [source] = _readers(file, SourceStats())

        async def read() -> None:
            async for _ in source.read({}):
                pass

        spent = await self.measured(read)
        await source.close()
        return spent

    async def batches(self, records: list[Record]) -> Spent:
        """Put records into batches, and let them go."""
        topic = self.topic()
        place = SourcePlace(self.kafka.address, topic, f"{topic}.sources", "b", _PARTITIONS, 1)
        made = await _opened(place)
        now = time.time_ns() // 1_000_000
        some = [(record.value or b"", record.key, now) for record in records]

        async def add() -> None:
            for begin in range(0, len(some), _CHUNK):
                made.add(some[begin : begin + _CHUNK])

        spent = await self.measured(add)
        await made.close()
        return spent


async def _opened(place: SourcePlace) -> SourceTopic:
    """Open; a broker that has just made a topic may not know it yet, as the runner knows."""
    while True:
        made = SourceTopic(place)
        try:
            await made.open()
        except KafkaError:
            await made.close()
        else:
            return made


def _readers(file: Path, stats: SourceStats) -> list[Source]:
    options = FILE.options(path=str(file), once=True)
    return list(FILE.open(options, Opening("bench", _STREAM, stats)))


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def made(events: int) -> list[Record]:
    now = time.time_ns() // 1_000_000
    pace = 20_000
    simulation = Simulation(1, pace, now - events * 1_000 // pace)
    return list(Traffic(_STREAM.topic, simulation, Fractions(bad=0)).take(events))[:events]


def written(records: list[Record], folder: Path) -> dict[str, Path]:
    lines, table = folder / "events.jsonl", folder / "events.parquet"
    lines.write_bytes(b"".join((record.value or b"") + b"\n" for record in records))
    now = time.time_ns() // 1_000_000
    samples = [Sample(place, now, record.value) for place, record in enumerate(records)]
    batch = RecordBatch(TopicPartition(_STREAM.topic, 0), 0, len(samples), samples)
    decoded = Decoder(_STREAM, Limits()).decode(batch)
    columns = {
        column.name: pa.array(values, pa.timestamp("us", "UTC"))
        if column.kind == "timestamptz"
        else pa.array(values)
        for column, values in zip(_STREAM.columns, decoded.columns, strict=True)
    }
    pq.write_table(pa.table(columns), table, compression="zstd", row_group_size=131_072)
    return {"jsonl": lines, "parquet": table}


async def run(bench: Bench, rounds: int) -> dict[str, Any]:
    records = made(bench.events)
    tune_collector()  # as the role's process does
    files = written(records, bench.folder)
    hops: dict[str, Callable[[], Awaitable[Spent]]] = {
        "generator's producer": lambda: bench.ceiling(records, "lz4"),
        "generator's producer, zstd": lambda: bench.ceiling(records, "zstd"),
        "jsonl to Kafka": lambda: bench.source(files["jsonl"]),
        "parquet to Kafka": lambda: bench.source(files["parquet"]),
        "jsonl, reading alone": lambda: bench.reading(files["jsonl"]),
        "parquet, reading alone": lambda: bench.reading(files["parquet"]),
        "batches alone": lambda: bench.batches(records),
    }
    found: dict[str, list[Spent]] = {name: [] for name in hops}
    for number in range(rounds + 1):
        for name, hop in hops.items():
            spent = await hop()
            click.echo(f"{name}: {bench.events / spent.wall:,.0f}/s", err=True)
            if number:  # the first round warms the broker up
                found[name].append(spent)
    return {name: _middle(spents).figures(bench.events) for name, spents in found.items()}


def _middle(spents: list[Spent]) -> Spent:
    return Spent(
        *(
            statistics.median(getattr(one, name) for one in spents)
            for name in ("wall", "cpu", "kafka_cpu")
        )
    )


@click.command()
@click.option("--events", default=1_000_000, show_default=True, help="In each file.")
@click.option("--rounds", default=3, show_default=True, help="After one that warms up.")
def main(events: int, rounds: int) -> None:
    """Measure how fast files of events come into Kafka."""
    with tempfile.TemporaryDirectory() as folder, Watchdog() as watchdog:
        kafka = Kafka(Path(folder) / "kafka", watchdog)
        kafka.start()
        try:
            before = machine("")
            figures = asyncio.run(run(Bench(kafka, Path(folder), events), rounds))
        finally:
            kafka.stop()
    ceiling = figures["generator's producer"]["events_per_second"]
    shares = {
        name: round(figures[f"{name} to Kafka"]["events_per_second"] / ceiling, 2)
        for name in ("jsonl", "parquet")
    }
    result = {
        "benchmark": "file_source",
        "commit": commit(),
        "machine": before,
        "events": events,
        "rounds": rounds,
        "figures": figures,
        "share_of_the_ceiling": shares,
    }
    click.echo(msgspec.json.format(msgspec.json.encode(result), indent=2).decode())


if __name__ == "__main__":
    main()
