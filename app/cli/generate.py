"""`headrace generate`: simulated clients of every stream write to Kafka."""

import asyncio
import gc
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import click

from app.cli.generate_progress import tell, watch
from app.cli.parameters import Duration, Rate
from config.settings import Settings
from generator.clients import MOST_USERS, USERS
from generator.demonstration import simulated_streams
from generator.monitoring import GeneratorMonitor, Watched
from generator.producer import InDoubt, Lane, lanes_to
from generator.profiles import ProfileName
from generator.report import report as report_of
from generator.report import write
from generator.run import Load
from generator.run import generate as produce
from generator.streams import SIMULATED, picked
from generator.target import Compression
from generator.traffic import Fractions

_FARTHEST_START = timedelta(days=30)  # so that late beats stay clear of the retention


@click.command()
@click.option(
    "--events-per-second",
    "rate",
    type=Rate(),
    default="1000",
    show_default=True,
    help="Of all streams together: a number, or max (0) for as fast as possible.",
)
@click.option(
    "--streams", help="Names with commas between; by default HEADRACE_STREAMS, or all five."
)
@click.option(
    "--profile",
    type=click.Choice(get_args(ProfileName)),
    default="flat",
    show_default=True,
    help="The rate as it is, over a day, or with five times as much in one minute of ten.",
)
@click.option(
    "--users",
    type=click.IntRange(1, MOST_USERS),
    default=USERS,
    show_default=True,
    help="How many people there are.",
)
@click.option("--duration", type=Duration(), default="none", show_default=True)
@click.option(
    "--history",
    type=Duration(),
    default="none",
    show_default=True,
    help="Fill so much of the past first, like 24h or 7d, where the topics are empty.",
)
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
    "--through",
    metavar="URL",
    help="Send by HTTP to an edge, like http://127.0.0.1:8080; without --history.",
)
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep what was produced in this JSON file, for comparisons.",
)
@click.option(
    "--metrics-port",
    type=click.IntRange(0, 65_535),
    default=0,
    help="Serve /metrics, /livez and /readyz there, on HEADRACE_METRICS_HOST; by default nowhere.",
)
def generate(
    *,
    rate: float,
    streams: str | None,
    profile: ProfileName,
    users: int,
    duration: float | None,
    history: float | None,
    events: int | None,
    seed: int,
    late: float,
    out_of_order: float,
    duplicates: float,
    bad: float,
    start: datetime | None,
    compression: Compression,
    through: str | None,
    report: Path | None,
    metrics_port: int,
) -> None:
    """Simulate clients of five streams: players, viewers, visitors, shops and an exchange.

    "--events-per-second max" plays back the traffic of 20,000 events/s, from far enough in the past
    that no event comes from the future.
    """
    try:
        fractions = Fractions(late, out_of_order, duplicates, bad)
        names = picked(streams) if streams else _streams_of_this_place()
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    load = Load(
        rate,
        seed,
        _milliseconds(start),
        events,
        fractions,
        profile,
        users,
        _as_long_as_it_is_kept(history),
    )
    watched = {stream: Watched(SIMULATED[stream].truth()) for stream in names}
    lanes = lanes_to(Settings(), compression, watched)
    monitor = GeneratorMonitor(watched, rate)
    # 200,000 sessions, walked again and again: 88,000 events/s without this, 133,000 with it
    gc.set_threshold(50_000, 20, 100)
    try:
        asyncio.run(
            _run(
                load=load,
                lanes=lanes,
                monitor=monitor,
                metrics_port=metrics_port,
                duration=duration,
                path=report,
                through=through,
            )
        )
    except InDoubt as error:
        raise click.ClickException(str(error)) from error


def _streams_of_this_place() -> tuple[str, ...]:
    names = simulated_streams(Settings())
    if not names:
        raise ValueError(f"none of HEADRACE_STREAMS is simulated: there are {', '.join(SIMULATED)}")
    return names


async def _run(
    *,
    load: Load,
    lanes: list[Lane],
    monitor: GeneratorMonitor,
    metrics_port: int,
    duration: float | None,
    path: Path | None,
    through: str | None,
) -> None:
    live, stop = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    begun = time.monotonic()
    truths = monitor.truths
    server = monitor.server(Settings().metrics_host, metrics_port)
    await server.start()
    beside = [
        asyncio.create_task(watch(truths, path, live)),
        asyncio.create_task(_end(duration, live, stop)),
    ]
    try:
        await produce(load, lanes, stop=stop, clock=_now, live=live, through=through)
    finally:
        for task in beside:
            task.cancel()
        await server.stop()
    seconds = time.monotonic() - begun
    mean = sum(truth.produced for truth in truths.values()) / seconds
    done = report_of(truths, done=True, events_per_second=mean)
    if path is not None:
        write(path, done)
    click.echo(tell(done))


async def _end(duration: float | None, live: asyncio.Event, stop: asyncio.Event) -> None:
    """Stop a run so long after it has begun: the past that it fills before is not counted."""
    await live.wait()
    if duration is not None:
        await asyncio.sleep(duration)
        stop.set()


def _as_long_as_it_is_kept(history: float | None) -> float:
    """Give seconds of the past, none of which a worker would refuse as expired."""
    kept = timedelta(days=Settings().retention_days) - timedelta(hours=1)
    return min(history or 0.0, kept.total_seconds())


def _now() -> int:
    return time.time_ns() // 1_000_000


def _milliseconds(start: datetime | None) -> int | None:
    if start is None:
        return None
    start = start.replace(tzinfo=UTC)
    if not timedelta() <= datetime.now(UTC) - start <= _FARTHEST_START:
        raise click.BadParameter("must lie in the last 30 days", param_hint="--start")
    return round(start.timestamp() * 1_000)
