"""All sinks at once at a steady rate: PostgreSQL's freshness, and each worker's memory.

And the same with ClickHouse away for a while: frozen by SIGSTOP, so that it takes connections and
never answers.
"""

from __future__ import annotations

import asyncio
import signal
import time
from bisect import bisect_right
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import asyncpg
import psutil

from benchmarks.exactness import InexactError
from benchmarks.load import generator
from benchmarks.progress import check_running
from benchmarks.sinks import kafka
from benchmarks.sinks.backlog import Say
from benchmarks.sinks.draining import cpu_seconds
from benchmarks.sinks.stage import Stage, start, stop
from benchmarks.sinks.stored import InClickhouse, InLines, InParquet, Stored, check_places
from benchmarks.worker import Worker
from devstack.measure.worker_status import fetch
from devstack.processes.child import Child
from models.all import STREAMS

EVENTS_PER_SECOND = 20_000
_WARM_SECONDS = 10.0
_AFTER_SECONDS = 20.0
_POLL_SECONDS = 0.05
_EVERY = 16
_CAUGHT_UP_RECORDS = EVENTS_PER_SECOND
_MEGABYTE = 1_000_000
_POSITIONS = "SELECT topic, kafka_partition, last_offset + 1 FROM stream_positions"
_ROLES = ("core", "lake", "lines", "columns")
"""PostgreSQL, Parquet on S3, JSON Lines, ClickHouse."""


class Look(NamedTuple):
    """What PostgreSQL held at a moment: the next offset to store, by topic and partition."""

    at: float
    stored: Mapping[tuple[str, int], int]


@dataclass(slots=True)
class Run:
    """All sinks at work on one prefix; `looks` and `memory` grow while `watch` runs."""

    stage: Stage
    prefix: str
    dsn: str
    crew: Mapping[str, Worker]
    sinks: Mapping[str, Mapping[str, Stored]]
    load: Child
    looks: list[Look] = field(default_factory=list)
    memory: list[tuple[float, Mapping[str, int]]] = field(default_factory=list)

    @property
    def topics(self) -> list[str]:
        return [f"{self.prefix}{stream}" for stream in STREAMS]

    async def watch(self, seconds: float) -> None:
        """Look at PostgreSQL's positions 20 times a second, at memory once a second."""
        end = time.time() + seconds
        connection = await asyncpg.connect(self.dsn)
        try:
            while time.time() < end:
                self._check()
                rows = await connection.fetch(_POSITIONS)
                look = Look(time.time(), {(row[0], row[1]): row[2] for row in rows})
                if not self.looks or look.stored != self.looks[-1].stored:
                    self.looks.append(look)
                if not self.memory or look.at - self.memory[-1][0] >= 1:
                    self.memory.append((look.at, self._held()))
                await asyncio.sleep(_POLL_SECONDS)
        finally:
            await connection.close()

    def lag(self, role: str) -> int:
        """Give the records that a role has not stored yet, as its worker says; -1: it is silent."""
        status = fetch(self.crew[role].web)
        if status is None or not status.partitions:
            return -1
        return sum(one.lag for some in status.partitions.values() for one in some.values())

    def cpu_seconds(self) -> dict[str, float]:
        """Give what each worker and each engine of one process has used."""
        engines = {
            "broker": self.stage.here.kafka.child,
            "clickhouse": self.stage.clickhouse.child,
            "gateway": self.stage.s3.child,
        }
        workers = {role: worker.child for role, worker in self.crew.items()}
        return cpu_seconds({name: [child] for name, child in (workers | engines).items()})

    async def caught_up(self, role: str, most: int) -> None:
        while not 0 <= await asyncio.to_thread(self.lag, role) <= most:
            await self.watch(1.0)

    def freshness(self, since: float, until: float) -> dict[str, float]:
        """Give quantiles, in seconds, of one in 16 of the records produced in this time."""
        ages = sorted(self._ages(since, until))
        return {
            "p50": round(ages[len(ages) // 2], 3),
            "p99": round(ages[len(ages) * 99 // 100], 3),
        }

    def megabytes(self, since: float, until: float) -> dict[str, dict[str, float]]:
        """Give the least and the most that each worker held in this time."""
        seen = [held for at, held in self.memory if since <= at <= until]
        return {
            role: {
                "least": round(min(held[role] for held in seen) / _MEGABYTE),
                "most": round(max(held[role] for held in seen) / _MEGABYTE),
            }
            for role in self.crew
        }

    async def finished(self, say: Say) -> dict[str, Any]:
        """Wait until every sink has all; compare each with the topics. Raises InexactError."""
        while self.load.running:
            await self.watch(1.0)
        for role in self.crew:
            say(f"  until {role} has all")
            await self.caught_up(role, 0)
        good = await self._good()
        for name, streams in self.sinks.items():
            for stream, stored in streams.items():
                await asyncio.to_thread(check_places, stored, f"{name}/{stream}", good[stream])
        return {"records": sum(good.values()), "is_exact": True}

    async def _good(self) -> dict[str, int]:
        """Count PostgreSQL's rows, which with its dead letters are all records of the topics."""
        ends = await asyncio.to_thread(kafka.ends, self.stage.here.kafka.address, self.topics)
        connection = await asyncpg.connect(self.dsn)
        good: dict[str, int] = {}
        try:
            for stream in STREAMS:
                [(rows, different)] = await connection.fetch(
                    "SELECT count(*), count(DISTINCT (epoch, kafka_partition, kafka_offset))"  # noqa: S608 - declared names
                    f" FROM {stream}"
                )
                letters = await connection.fetchval(
                    "SELECT count(*) FROM event_dead_letters WHERE topic = $1",
                    f"{self.prefix}{stream}",
                )
                records = sum(end for (topic, _), end in ends.items() if topic.endswith(stream))
                if rows != different or rows + letters != records:
                    raise InexactError(
                        f"PostgreSQL: {stream} has {records} records, stored are {rows} rows "
                        f"({different} different) and {letters} dead letters"
                    )
                good[stream] = rows
        finally:
            await connection.close()
        return good

    def _check(self) -> None:
        check_running([worker.child for worker in self.crew.values()], time.time())

    def _held(self) -> dict[str, int]:
        return {
            role: int(psutil.Process(worker.child.pid).memory_info().rss)
            for role, worker in self.crew.items()
        }

    def _ages(self, since: float, until: float) -> list[float]:
        steps: dict[tuple[str, int], list[int]] = {}
        for place in self.looks[-1].stored:
            steps[place] = [look.stored.get(place, 0) for look in self.looks]
        address = self.stage.here.kafka.address
        found = kafka.produced(address, self.topics, lambda at: since <= at <= until)
        return [
            self.looks[bisect_right(steps[one.topic, one.partition], one.offset)].at - one.at
            for one in found
            if one.offset % _EVERY == 0
        ]


async def all_at_once(stage: Stage, seconds: float, say: Say) -> dict[str, Any]:
    """Give PostgreSQL's freshness and each worker's memory while all sinks take 20,000/s."""
    async with _running(stage, seconds + _WARM_SECONDS, say) as run:
        await run.watch(_WARM_SECONDS)
        since, before = time.time(), run.cpu_seconds()
        while run.load.running:
            await run.watch(1.0)
        until, after = time.time(), run.cpu_seconds()
        exact = await run.finished(say)
        return {
            "seconds": seconds,
            "produced_per_second": round(exact["records"] / (seconds + _WARM_SECONDS)),
            "postgres_freshness_seconds": await asyncio.to_thread(run.freshness, since, until),
            "worker_mb": run.megabytes(since, until),
            "cores_used": {
                name: round((used - before[name]) / (until - since), 2)
                for name, used in after.items()
            },
            **exact,
        }


async def one_down(stage: Stage, down_seconds: float, say: Say) -> dict[str, Any]:
    """Freeze ClickHouse for so long: the others' figures meanwhile, then how it catches up."""
    seconds = _WARM_SECONDS + down_seconds + _AFTER_SECONDS
    server = stage.clickhouse.child
    async with _running(stage, seconds, say) as run:
        await run.watch(_WARM_SECONDS)
        say(f"ClickHouse is frozen for {down_seconds:.0f} s")
        since = time.time()
        server.send(signal.SIGSTOP)
        try:
            await run.watch(down_seconds)
        finally:
            server.send(signal.SIGCONT)
        until = time.time()
        lags = {role: run.lag(role) for role in _ROLES}
        await run.caught_up("columns", _CAUGHT_UP_RECORDS)
        caught_up = time.time() - until
        exact = await run.finished(say)
        half = (since + until) / 2
        return {
            "down_seconds": down_seconds,
            "postgres_freshness_seconds": await asyncio.to_thread(run.freshness, since, until),
            "lag_at_its_end": lags,
            "worker_mb": run.megabytes(since, until),
            "worker_mb_second_half": run.megabytes(half, until),
            "seconds_to_catch_up": round(caught_up, 1),
            **exact,
        }


@asynccontextmanager
async def _running(stage: Stage, seconds: float, say: Say) -> AsyncIterator[Run]:
    here, prefix, streams = stage.here, f"{stage.here.name('all')}-", ",".join(STREAMS)
    lines, bucket = here.folder / f"{prefix}lines", stage.s3.bucket()
    entries = {
        "lake": {"kind": "parquet", **stage.s3.options(bucket)},
        "lines": {"kind": "file", "path": str(lines)},
        "columns": {
            "kind": "clickhouse",
            "url": stage.clickhouse.url,
            "database": prefix.rstrip("-"),
        },
    }
    document = stage.document(entries)
    parquet = stage.s3.buckets / bucket / "some" / "prefix"
    async with here.database() as dsn:
        crew = {
            role: stage.workers(role, document, prefix=prefix, streams=streams, dsn=dsn)[0]
            for role in _ROLES
        }
        sinks: dict[str, Mapping[str, Stored]] = {
            "lake": {one: InParquet(parquet / f"{prefix}{one}") for one in STREAMS},
            "lines": {one: InLines(lines / f"{prefix}{one}") for one in STREAMS},
            "columns": {
                one: InClickhouse(stage.clickhouse, prefix.rstrip("-"), one) for one in STREAMS
            },
        }
        load = generator(here, prefix, EVENTS_PER_SECOND, seconds, streams)
        run = Run(stage, prefix, dsn, crew, sinks, load)
        try:
            start(list(crew.values()))
            await _at_work(list(crew.values()))
            say(f"{EVENTS_PER_SECOND:,} events/s of all streams for {seconds:.0f} s")
            load.start()
            yield run
        finally:
            load.stop()
            stop(list(crew.values()))


async def _at_work(crew: Sequence[Worker]) -> None:
    started = time.time()
    waiting = list(crew)
    while waiting:
        check_running([worker.child for worker in crew], started)
        statuses = [await asyncio.to_thread(fetch, worker.web) for worker in waiting]
        waiting = [
            worker
            for worker, status in zip(waiting, statuses, strict=True)
            if status is None or status.state != "running" or not status.partitions
        ]
        await asyncio.sleep(_POLL_SECONDS)
