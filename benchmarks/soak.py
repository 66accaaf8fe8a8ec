"""`python -m benchmarks.soak`: what a worker's memory does at a steady rate of all five streams.

Writes its JSON anew each minute, so that a run that is interrupted tells too.
"""

from __future__ import annotations

import asyncio
import json
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import click
import psutil
from rich.console import Console

from benchmarks.environment import Place, place
from benchmarks.load import generator
from benchmarks.machine import commit, machine
from benchmarks.progress import check_running
from benchmarks.worker import Worker, at_work
from generator.streams import SIMULATED

_MINUTE = 60
_POLL_SECONDS = 1.0
_MEBIBYTE = 1024 * 1024
_STREAMS = ",".join(SIMULATED)
_STORED = "SELECT coalesce(sum(last_offset + 1), 0)::int8 FROM stream_positions"


@dataclass(slots=True)
class Course:
    """What was seen each minute, and the file that it is written to."""

    output: Path
    about: dict[str, Any]
    minutes: list[dict[str, Any]] = field(default_factory=list)

    def note(self, worker: Worker, minute: int, stored: int) -> None:
        rss = psutil.Process(worker.child.pid).memory_info().rss
        seen = {
            "minute": minute,
            "rss_megabytes": round(rss / _MEBIBYTE, 1),
            "peak_megabytes": round(worker.peak_bytes() / _MEBIBYTE, 1),
            "records_stored": stored,
        }
        self.minutes.append(seen)
        written = json.dumps({**self.about, "minutes": self.minutes}, indent=1)
        self.output.write_text(f"{written}\n", encoding="utf-8")
        Console(stderr=True).print(seen)


@click.command()
@click.option("--minutes", type=click.IntRange(1), default=180, show_default=True)
@click.option(
    "--events-per-second", "rate", type=click.IntRange(1), default=1_000, show_default=True
)
@click.option("--output", type=click.Path(path_type=Path), default=Path("soak.json"))
def main(*, minutes: int, rate: int, output: Path) -> None:
    """Run one worker for so long, and write its memory of each minute as JSON."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with place() as here:
        about = {
            "machine": machine(here.postgres.query("SHOW server_version").strip()),
            "commit": commit(),
            "events_per_second": rate,
        }
        asyncio.run(_soak(here, minutes, rate, Course(output, about)))


async def _soak(here: Place, minutes: int, rate: int, course: Course) -> None:
    prefix = here.name("soak") + "-"
    async with here.database() as dsn:
        worker = Worker(here, group=here.name("group"), prefix=prefix, dsn=dsn, streams=_STREAMS)
        load = generator(here, prefix, rate, minutes * _MINUTE, _STREAMS)
        try:
            worker.child.start()
            await at_work(worker)
            load.start()
            await _watch(worker, dsn, minutes, course)
        finally:
            load.stop()
            worker.child.stop()


async def _watch(worker: Worker, dsn: str, minutes: int, course: Course) -> None:
    begun = time.monotonic()
    for minute in range(1, minutes + 1):
        while time.monotonic() < begun + minute * _MINUTE:
            check_running([worker.child], time.time())
            await asyncio.sleep(_POLL_SECONDS)
        connection = await asyncpg.connect(dsn)
        try:
            course.note(worker, minute, await connection.fetchval(_STORED))
        finally:
            await connection.close()


if __name__ == "__main__":
    main()
