"""`python -m benchmarks.metrics`: what metrics cost a worker, and what a scrape takes.

Counting: CPU time of what is counted only for /metrics, beside that of all the work on the same
heartbeats. Scraping: drains with a scrape each second and without, in turns. A page: all five
streams at 20,000 events/s, scraped twice a second.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import click
import msgspec

from app.worker.monitoring import business_counts
from benchmarks.drain import drain
from benchmarks.environment import Place, place
from benchmarks.load import generator
from benchmarks.machine import commit, machine
from benchmarks.prefilled_topic import fill
from benchmarks.samples import decoded
from benchmarks.scrapes import scraped
from benchmarks.worker import Worker
from models.all import STREAMS
from models.batches import Batch
from models.content_sessions import CONTENT_SESSIONS
from telemetry.buckets import Buckets
from telemetry.metrics import BATCH_RECORDS, FRESHNESS

_COUNTED = 40_000  # events of one write while a backlog is drained
_REPEAT = 7
_STEADY_RATE = 20_000
_STEADY_SECONDS = 30.0


@click.command()
@click.option("--events", type=click.IntRange(100_000), default=1_000_000, show_default=True)
@click.option("--pairs", type=click.IntRange(1), default=3, show_default=True)
@click.option("--output", type=click.Path(path_type=Path), default=Path("metrics-results.json"))
def main(*, events: int, pairs: int, output: Path) -> None:
    """Measure, and write JSON."""
    with place() as here:
        content = asyncio.run(_measure(here, events, pairs))
        about = machine(here.postgres.query("SHOW server_version").strip())
    text = msgspec.json.format(
        msgspec.json.encode({"machine": about, "commit": commit(), **content}), indent=2
    )
    output.write_bytes(text)
    click.echo(text.decode())


async def _measure(here: Place, events: int, pairs: int) -> dict[str, Any]:
    backlog = await fill(here.kafka.address, here.name("backlog") + "-", events)
    plain: list[float] = []
    watched: list[float] = []
    cpu: list[float] = []
    for _ in range(pairs):
        for every, speeds in ((None, plain), (1.0, watched)):
            async with here.database() as dsn:
                drained = await drain(here, backlog, dsn, scrape_every=every)
            speeds.append(drained.events_per_second)
            cpu.append(drained.cpu_seconds_per_event * 1e6)
            click.echo(f"{every or 'no'} scrape: {drained.events_per_second:,.0f}/s", err=True)
    counting = counting_microseconds()
    return {
        "counting_us_per_event": round(counting, 4),
        "all_work_us_per_event": round(median(cpu), 2),
        "counting_share": round(counting / median(cpu), 4),
        "drained_per_second": {"plain": plain, "scraped_each_second": watched},
        "scraped_to_plain": round(median(watched) / median(plain), 3),
        "page": await _page(here),
    }


def counting_microseconds() -> float:
    """Give the CPU time for each event of what is counted for /metrics alone."""
    parts = decoded(_COUNTED)
    batch = Batch(CONTENT_SESSIONS)
    for part in parts:
        batch.add(part, b"")
    deltas = batch.deltas()  # the sink needs them anyway
    business = business_counts(CONTENT_SESSIONS)
    freshness, records = Buckets(FRESHNESS.buckets), Buckets(BATCH_RECORDS.buckets)
    now = time.time_ns() // 1_000_000

    def count() -> None:
        records.add([batch.records])
        for window, rows in deltas.items():
            business.add(window.name, rows)
        for part in batch.parts:
            ages = [now - stamp for stamp in part.timestamps[::16]]
            freshness.add([age / 1_000 for age in ages[::4]])

    return min(_cpu_seconds(count) for _ in range(_REPEAT)) / _COUNTED * 1e6


def _cpu_seconds(work: Callable[[], None]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


async def _page(here: Place) -> dict[str, Any]:
    prefix, streams = here.name("page") + "-", ",".join(STREAMS)
    async with here.database() as dsn:
        worker = Worker(here, group=here.name("group"), prefix=prefix, dsn=dsn, streams=streams)
        load = generator(here, prefix, _STEADY_RATE, _STEADY_SECONDS, streams)
        worker.child.start()
        load.start()
        try:
            with scraped(worker, 0.5) as scrapes:
                await asyncio.sleep(_STEADY_SECONDS)
        finally:
            load.kill()
            worker.child.stop()
    return {
        "series": scrapes.series,
        "bytes": len(scrapes.page),
        "scrapes": len(scrapes.seconds),
        "median_ms": round(median(scrapes.seconds) * 1e3, 1),
        "longest_ms": round(max(scrapes.seconds) * 1e3, 1),
    }


if __name__ == "__main__":
    main()
