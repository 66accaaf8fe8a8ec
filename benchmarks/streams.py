"""`python -m benchmarks.streams`: each stream alone, all mixed, many users, bytes on disk.

Drains: a backlog by the generator, then a worker (or two) that stores it; CPU time by event.
Steady: 20,000 events/s, and the worst of what the worker says of its freshness in each second.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import click
import msgspec
from rich.console import Console

from benchmarks.environment import Place, place
from benchmarks.machine import commit, machine
from benchmarks.progress import StuckError, check_running
from benchmarks.worker import Worker
from db.queries import load
from devstack.measure.worker_status import fetch
from devstack.processes.child import Child
from devstack.processes.stopping import StopOrder
from models.all import STREAMS

_SQL = load(Path(__file__).with_name("queries.sql"))
_ALL = ",".join(STREAMS)
_RATE = 20_000
_USERS = (1_000, 10_000, 100_000)
_POLL_SECONDS = 0.05
_WARM_SECONDS = 5.0
_MEGABYTE = 1_000_000
_MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class Stored:
    """What a database held at one moment: records by its positions, bytes of WAL and of tables."""

    at: float
    records: int
    wal_bytes: int
    tables: Mapping[str, int]
    cpu_seconds: float = 0.0


@dataclass(slots=True)
class Bench:
    """One run; `results` fills up."""

    here: Place
    events: int
    seconds: float
    say: Callable[[str], None]
    results: dict[str, Any] = field(default_factory=dict)

    async def measure(self) -> AsyncIterator[None]:
        """Measure one thing after the other; yields after each."""
        for stream in STREAMS:
            self.results[stream] = await self._drain(stream)
            yield
        self.results["mixed"] = await self._drain(_ALL)
        yield
        self.results["mixed, two workers"] = await self._drain(_ALL, workers=2)
        yield
        self.results[f"mixed, steady {_RATE}/s"] = await self._steady(_ALL)
        yield
        for users in _USERS:
            name = f"user_activity, steady {_RATE}/s, {users} users a minute"
            self.results[name] = await self._steady("user_activity", "--users", str(users))
            yield

    async def _drain(self, streams: str, workers: int = 1) -> dict[str, Any]:
        self.say(f"drain: {streams}, {workers} worker(s)")
        prefix = self.here.name("drain") + "-"
        made = self._generator(prefix, streams, "max", "--events", str(self.events))
        made.start()
        await _until(lambda: not made.running)
        async with self.here.database() as dsn:
            crew = self._crew(prefix, dsn, streams, workers)
            try:
                marks = [mark async for mark in self._watch(crew, dsn)]
            finally:
                for worker in crew:
                    worker.child.stop()
            return _drained(marks, crew_size=workers) | await _sizes(dsn, self.events)

    async def _watch(self, crew: Sequence[Worker], dsn: str) -> AsyncIterator[Stored]:
        started = time.time()
        for worker in crew:
            worker.child.start()
        connection = await asyncpg.connect(dsn)
        records = 0
        try:
            while records < self.events:
                check_running([worker.child for worker in crew], started)
                seen = await _look(connection, sum(worker.cpu_seconds() for worker in crew))
                if seen.records > records:
                    records = seen.records
                    yield seen
                await asyncio.sleep(_POLL_SECONDS)
        finally:
            await connection.close()

    async def _steady(self, streams: str, *options: str) -> dict[str, Any]:
        self.say(f"steady: {streams} {' '.join(options)}")
        prefix = self.here.name("steady") + "-"
        async with self.here.database() as dsn:
            [worker] = self._crew(prefix, dsn, streams, 1)
            seconds = ["--duration", f"{self.seconds + _WARM_SECONDS:.0f}s", *options]
            made = self._generator(prefix, streams, str(_RATE), *seconds)
            connection = await asyncpg.connect(dsn)
            try:
                worker.child.start()
                await _until(lambda: _is_at_work(worker))
                made.start()
                await asyncio.sleep(_WARM_SECONDS)
                return await self._during(worker, made, connection)
            finally:
                await connection.close()
                made.stop()
                worker.child.stop()

    async def _during(
        self, worker: Worker, made: Child, connection: asyncpg.Connection
    ) -> dict[str, Any]:
        begun = await _look(connection, worker.cpu_seconds())
        rows = await connection.fetchval(_SQL["rows_written"])
        p50: list[float] = []
        p99: list[float] = []
        while made.running:
            await asyncio.sleep(1)
            status = fetch(worker.web)
            seen = [one.freshness_seconds for one in status.streams.values()] if status else []
            p50.extend(one.p50 for one in seen if one.p50 is not None)
            p99.extend(one.p99 for one in seen if one.p99 is not None)
        ended = await _look(connection, worker.cpu_seconds())
        seconds = ended.at - begun.at
        grown = sum(ended.tables.values()) - sum(begun.tables.values())
        written = await connection.fetchval(_SQL["rows_written"]) - rows
        return {
            "events_per_second": round((ended.records - begun.records) / seconds),
            "freshness_p50_seconds": round(sorted(p50)[len(p50) // 2], 3),
            "freshness_p99_seconds_worst": max(p99),
            "worker_peak_mb": round(worker.peak_bytes() / _MEGABYTE),
            "cpu_us_per_event": round(
                (ended.cpu_seconds - begun.cpu_seconds)
                / max(1, ended.records - begun.records)
                * _MICRO,
                2,
            ),
            "database_rows_written_per_second": round(written / seconds),
            "wal_mb_per_second": round((ended.wal_bytes - begun.wal_bytes) / seconds / 1e6, 2),
            "tables_grow_mb_per_second": round(grown / seconds / 1e6, 2),
        }

    def _crew(self, prefix: str, dsn: str, streams: str, workers: int) -> list[Worker]:
        group = self.here.name("group")
        return [
            Worker(self.here, group=group, prefix=prefix, dsn=dsn, streams=streams)
            for _ in range(workers)
        ]

    def _generator(self, prefix: str, streams: str, rate: str, *options: str) -> Child:
        name = self.here.name("generator")
        command = ["generate", "--streams", streams, "--events-per-second", rate, *options]
        return Child(
            name,
            [sys.executable, "-m", "app", *command],
            self.here.folder / f"{name}.log",
            environment={
                "HEADRACE_BROKER": self.here.kafka.address,
                "HEADRACE_TOPIC_PREFIX": prefix,
            },
            order=StopOrder.GENERATOR,
            watchdog=self.here.watchdog,
        )


async def _until(holds: Callable[[], bool]) -> None:
    while not holds():  # noqa: ASYNC110 - processes set no events
        await asyncio.sleep(_POLL_SECONDS)


def _is_at_work(worker: Worker) -> bool:
    check_running([worker.child], time.time())
    status = fetch(worker.web)
    return status is not None and status.state == "running"


async def _look(connection: asyncpg.Connection, cpu_seconds: float) -> Stored:
    [(records, wal)] = await connection.fetch(_SQL["progress"])
    tables = {name: size for name, size in await connection.fetch(_SQL["sizes"])}  # noqa: C416
    return Stored(time.time(), int(records), int(wal), tables, cpu_seconds)


def _drained(marks: Sequence[Stored], crew_size: int) -> dict[str, Any]:
    first, last = marks[0], marks[-1]
    records = max(1, last.records - first.records)
    return {
        "workers": crew_size,
        "events_per_second": round(records / (last.at - first.at)),
        "cpu_us_per_event": round((last.cpu_seconds - first.cpu_seconds) / records * _MICRO, 2),
        "wal_bytes_per_event": round((last.wal_bytes - first.wal_bytes) / records),
    }


async def _sizes(dsn: str, events: int) -> dict[str, Any]:
    connection = await asyncpg.connect(dsn)
    try:
        tables = await connection.fetch(_SQL["sizes"])
        return {"bytes": {name: size for name, size in tables if size > events}}
    finally:
        await connection.close()


@click.command()
@click.option("--events", type=click.IntRange(10_000), default=500_000, show_default=True)
@click.option("--seconds", type=float, default=60.0, show_default=True, help="Of steady load.")
@click.option("--output", type=click.Path(path_type=Path), default=Path("streams.json"))
def main(*, events: int, seconds: float, output: Path) -> None:
    """Measure the streams and write the result as JSON."""
    try:
        with place() as here:
            asyncio.run(_measure(here, events, seconds, output))
    except StuckError as error:
        raise click.ClickException(str(error)) from error


async def _measure(here: Place, events: int, seconds: float, output: Path) -> None:
    console = Console(stderr=True)
    bench = Bench(here, events, seconds, console.log)
    about = {"machine": machine(here.postgres.query("SHOW server_version").strip())}
    async for _ in bench.measure():
        name, result = list(bench.results.items())[-1]
        console.log(name, result)
        _write(output, {**about, "commit": commit(), "events": events, "measures": bench.results})


def _write(output: Path, content: Mapping[str, Any]) -> None:
    output.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=2))


if __name__ == "__main__":
    main()
