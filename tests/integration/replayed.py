"""The same events in a database and as Parquet, and what a replay has made of them."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import asyncpg

from models.all import STREAMS
from models.batches import Batch
from models.decode import Decoder
from models.positions import TopicPartition
from models.records import RecordBatch
from models.streams import Stream
from models.validation import Limits
from sinks.base import Sink
from sinks.parquet.kind import KIND
from sinks.parquet.options import ParquetOptions
from sinks.postgres.recompute import Recompute
from sinks.postgres.sink import PostgresSink
from tests.models.records import batch_of
from tests.sinks.random_events import AROUND, event

MEDIA = STREAMS["media_events"]
MIDDLE = datetime(2026, 11, 22, 10, tzinfo=UTC)
COMMAND_SECONDS = 120


@dataclass
class Archive:
    """One installation: its topics' prefix, a folder of Parquet, a database."""

    broker: str
    prefix: str
    database: str
    folder: Path
    stream: Stream = MEDIA
    events: dict[int, list[bytes]] = field(default_factory=dict)
    """What was stored of each partition, in order."""

    reads_folder: bool = True
    """Whether `replay` names the folder of Parquet, or leaves that to headrace.yaml."""

    @property
    def parquet(self) -> Path:
        return self.folder / "parquet"

    async def store(self, partitions: int, events: int, seed: int = 1) -> None:
        """Store so many events more of each partition, in both places, as workers do."""
        random = Random(seed)
        archive = KIND.open(ParquetOptions(path=str(self.parquet)), self.stream, "archive")
        sinks = [PostgresSink(self.database, self.stream), archive]
        for number in range(partitions):
            values = [event(self.stream, random, MIDDLE) for _ in range(events)]
            held = self.events.setdefault(number, [])
            tp = TopicPartition(f"{self.prefix}{self.stream.topic}", number)
            batch = batch_of(values, start=len(held), tp=tp, timestamp=-1)
            for sink in sinks:
                await write(sink, self.stream, batch)
            held += values
        for sink in sinks:
            await sink.close()

    def replay(self, *options: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*options),
            env=self.environment(settings),
            text=True,
            capture_output=True,
            check=False,
            timeout=COMMAND_SECONDS,
        )

    def command(self, *options: str) -> list[str]:
        replay = [sys.executable, "-m", "app", "replay", "--stream", self.stream.topic]
        place = ["--path", str(self.parquet)] if self.reads_folder else []
        return [*replay, *place, *options]

    def environment(self, settings: Mapping[str, str]) -> dict[str, str]:
        others = {name: it for name, it in os.environ.items() if not name.startswith("HEADRACE_")}
        return others | {
            "HEADRACE_BROKER": self.broker,
            "HEADRACE_DATABASE": self.database,
            "HEADRACE_TOPIC_PREFIX": self.prefix,
            "HEADRACE_HOME": str(self.folder),
            **settings,
        }


async def write(sink: Sink, stream: Stream, batch: RecordBatch) -> None:
    """Write one batch, from where its partition stands."""
    decoded = Decoder(stream, Limits(retention_seconds=10**10)).decode(batch)
    positions = await sink.positions([batch.tp])
    whole = Batch(stream)
    whole.add(decoded, sink.encode(decoded, positions[batch.tp].epoch))
    await sink.write(whole, positions)


async def contents(dsn: str, stream: Stream = MEDIA, *, without: Sequence[str] = ()) -> Any:
    """Give all rows and windows of a stream, in an order of their own."""
    connection = await asyncpg.connect(dsn)
    try:
        tables = [stream.topic, *(window.table for window in stream.windows)]
        return {
            table: sorted(
                json.dumps({k: v for k, v in json.loads(row[0]).items() if k not in without})
                for row in await connection.fetch(
                    f"SELECT row_to_json(t)::text FROM {table} AS t"  # noqa: S608
                )
            )
            for table in tables
        }
    finally:
        await connection.close()


async def query(dsn: str, sql: str, *values: object) -> list[Any]:
    connection = await asyncpg.connect(dsn)
    try:
        return [tuple(row) for row in await connection.fetch(sql, *values)]
    finally:
        await connection.close()


class Live:
    """Stores events of these very hours, as a worker does."""

    def __init__(self, archive: Archive) -> None:
        self._sink = PostgresSink(archive.database, MEDIA)
        self._tp = TopicPartition(f"{archive.prefix}media_events", 0)
        self._start = len(archive.events[0])
        self.ends = asyncio.Event()
        self.count = 0

    async def run(self) -> None:
        random = Random(7)
        while not self.ends.is_set():
            values = [event(MEDIA, random, MIDDLE) for _ in range(20)]
            start = self._start + self.count
            await write(self._sink, MEDIA, batch_of(values, start=start, tp=self._tp, timestamp=-1))
            self.count += len(values)
        await self._sink.close()


async def wrong_windows(archive: Archive) -> int:
    """Hold all windows against the raw rows."""
    wrong = 0
    for window in MEDIA.windows:
        recompute = Recompute(archive.database, MEDIA, window, on_waiting=print)
        for step in await recompute.plan(MIDDLE - AROUND * 2, MIDDLE + AROUND * 2):
            wrong += (await recompute.step(step, dry_run=True)).wrong
        await recompute.close()
    return wrong
