"""`headrace generate`: simulated playback clients write to Kafka."""

import asyncio
import gc
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import click

from app.cli.generate_progress import watch
from app.cli.parameters import Duration, Rate
from app.settings import Settings
from generator.producer import InDoubt
from generator.report import report as report_of
from generator.report import write
from generator.run import Load
from generator.run import generate as produce
from generator.target import BrokerUnreachable, Compression, Target
from generator.traffic import Fractions
from generator.truth import Truth
from models.content_sessions import CONTENT_SESSIONS

_FARTHEST_START = timedelta(days=30)  # so that late beats stay clear of the retention


@click.command()
@click.option(
    "--events-per-second",
    "rate",
    type=Rate(),
    default="1000",
    show_default=True,
    help="A number, or max (0) for as fast as possible.",
)
@click.option("--duration", type=Duration(), default="none", show_default=True)
@click.option("--events", type=click.IntRange(min=1), help="Stop after so many.")
@click.option("--seed", type=int, default=1, show_default=True, help="Same seed, same clients.")
@click.option("--late", type=float, default=0.01, show_default=True, help="Share of all records.")
@click.option("--out-of-order", type=float, default=0.01, show_default=True)
@click.option("--duplicates", type=float, default=0.005, show_default=True)
@click.option("--bad", type=float, default=0.001, show_default=True)
@click.option("--start", type=click.DateTime(["%Y-%m-%dT%H:%M:%SZ"]), help="First event time, UTC.")
@click.option(
    "--compression",
    type=click.Choice(get_args(Compression)),
    default="none",
    show_default=True,
)
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep what was produced in this JSON file, for comparisons.",
)
def generate(
    *,
    rate: float,
    duration: float | None,
    events: int | None,
    seed: int,
    late: float,
    out_of_order: float,
    duplicates: float,
    bad: float,
    start: datetime | None,
    compression: Compression,
    report: Path | None,
) -> None:
    """Simulate playback clients: sessions that begin, beat every 10 s, change CDN, and end.

    "--events-per-second max" plays back the traffic of 200,000 viewers, from far enough in the past
    that no event comes from the future.
    """
    try:
        fractions = Fractions(late, out_of_order, duplicates, bad)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    load = Load(rate, seed, _milliseconds(start), events, fractions)
    settings = Settings()
    target = Target(
        settings.broker,
        settings.topic(CONTENT_SESSIONS.topic),
        settings.topic_partitions,
        compression,
    )
    # 200,000 sessions, walked again and again: 88,000 events/s without this, 133,000 with it
    gc.set_threshold(50_000, 20, 100)
    try:
        asyncio.run(_run(load, target, duration, report))
    except (BrokerUnreachable, InDoubt) as error:
        raise click.ClickException(str(error)) from error


async def _run(load: Load, target: Target, duration: float | None, path: Path | None) -> None:
    stop, truth = asyncio.Event(), Truth()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if duration is not None:
        loop.call_later(duration, stop.set)
    begun = time.monotonic()
    watching = asyncio.create_task(watch(truth, path))
    try:
        await produce(load, target, truth, stop=stop, clock=_now)
    finally:
        watching.cancel()
    mean = truth.produced / (time.monotonic() - begun)
    if path is not None:
        write(path, report_of(truth, done=True, events_per_second=mean))
    click.echo(
        f"{truth.produced:,} records to {target.topic}, {mean:,.0f}/s: {truth.rows:,} rows, "
        f"{truth.dead_letters.total():,} dead letters"
    )


def _now() -> int:
    return time.time_ns() // 1_000_000


def _milliseconds(start: datetime | None) -> int | None:
    if start is None:
        return None
    start = start.replace(tzinfo=UTC)
    if not timedelta() <= datetime.now(UTC) - start <= _FARTHEST_START:
        raise click.BadParameter("must lie in the last 30 days", param_hint="--start")
    return round(start.timestamp() * 1_000)
