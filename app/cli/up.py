"""`headrace up`."""

import sys

import click

from app.cli.parameters import Duration, Rate
from config.settings import Settings
from devstack.place.options import Options
from devstack.run import run


@click.command()
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Worker processes, which share the partitions.",
)
@click.option(
    "--events-per-second",
    "rate",
    type=Rate(),
    default="2000",
    show_default=True,
    help="How many events simulated clients produce; max for as many as they can.",
)
@click.option(
    "--duration",
    type=Duration(),
    default="none",
    show_default=True,
    help="End after e.g. 60s, compare what was produced with what is stored, exit 0 if equal.",
)
@click.option(
    "--kill",
    type=click.Choice(["worker"]),
    help="Half way, kill -9 a worker and start it again; needs --duration.",
)
@click.option(
    "--history",
    type=Duration(),
    default="24h",
    show_default=True,
    help="How much of the past the first run fills before it goes live; none or e.g. 7d.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Same seed, same clients.")
@click.option("--open", "open_page", is_flag=True, help="Open the worker's page in the browser.")
def up(
    *,
    workers: int,
    rate: float,
    duration: float | None,
    kill: str | None,
    history: float | None,
    seed: int,
    open_page: bool,
) -> None:
    """Run everything on this machine and show live numbers.

    Starts Apache Kafka, PostgreSQL, workers and simulated clients, and Prometheus and Grafana where
    they are on PATH (HEADRACE_GRAFANA_URL names one that runs elsewhere). Data is kept in .headrace
    (HEADRACE_HOME), and the next run goes on with it; `headrace down --erase` removes it. With
    HEADRACE_BROKER or HEADRACE_DATABASE set, that broker or database is used instead. Ctrl-C stops
    everything.
    """
    if kill and duration is None:
        raise click.UsageError("--kill needs a --duration: half of it is when the worker dies")
    kills_worker = kill == "worker"
    options = Options(workers, rate, duration, kills_worker, seed, history or 0.0, open_page)
    sys.exit(run(options, Settings()))
