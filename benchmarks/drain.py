"""Workers with a backlog: how fast it is stored, how soon, with how much memory and CPU time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import NamedTuple

from benchmarks.environment import Place
from benchmarks.prefilled_topic import Backlog
from benchmarks.progress import check_running, observer
from benchmarks.scrapes import scraped
from benchmarks.worker import Worker

STEADY = 0.9
"""CPU time is taken while the pipeline is full: from the first row until this share is stored."""


@dataclass(frozen=True, slots=True)
class Drained:
    """One backlog stored. Memory is the peak of the largest worker, CPU time that of all."""

    events_per_second: float
    first_row_seconds: float
    peak_bytes: int
    cpu_seconds_per_event: float


class _Mark(NamedTuple):
    at: float
    rows: int
    cpu_seconds: float


async def drain(
    place: Place,
    backlog: Backlog,
    dsn: str,
    workers: int = 1,
    scrape_every: float | None = None,
) -> Drained:
    """Store a backlog into an empty database; the clock runs from the first row to the last.

    With `scrape_every` seconds the first worker's metrics are asked for all the while.
    """
    group = place.name("group")
    crew = [Worker(place, group=group, prefix=backlog.prefix, dsn=dsn) for _ in range(workers)]
    started = time.time()
    try:
        for worker in crew:
            worker.child.start()
        with scraped(crew[0], scrape_every) if scrape_every else nullcontext():
            marks = await _watch(crew, backlog, dsn, started)
        peak = max(worker.peak_bytes() for worker in crew)
    finally:
        for worker in crew:
            worker.child.stop()
    return _result(marks, started, peak)


async def _watch(crew: Sequence[Worker], backlog: Backlog, dsn: str, started: float) -> list[_Mark]:
    marks: list[_Mark] = []
    children = [worker.child for worker in crew]
    async with observer(dsn, backlog.topic) as looks:
        async for seen in looks():
            check_running(children, started)
            if seen.rows and (not marks or seen.rows != marks[-1].rows):
                cpu = sum(worker.cpu_seconds() for worker in crew)
                marks.append(_Mark(seen.at, seen.rows, cpu))
            if seen.rows >= backlog.events:
                break
    return marks


def _result(marks: Sequence[_Mark], started: float, peak: int) -> Drained:
    first, last = marks[0], marks[-1]
    steady = [mark for mark in marks if mark.rows <= last.rows * STEADY][-1:] or [last]
    rows = steady[0].rows - first.rows
    return Drained(
        events_per_second=(last.rows - first.rows) / (last.at - first.at),
        first_row_seconds=first.at - started,
        peak_bytes=peak,
        cpu_seconds_per_event=(steady[0].cpu_seconds - first.cpu_seconds) / max(1, rows),
    )
