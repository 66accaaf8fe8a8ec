"""`python -m benchmarks`: every figure of the README, on engines of its own. Try `--quick`."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import click
from rich.console import Console

from benchmarks import report
from benchmarks.environment import Place, place
from benchmarks.exactness import InexactError
from benchmarks.machine import commit, machine
from benchmarks.options import MEASURES, Options
from benchmarks.pathway import interpreter
from benchmarks.progress import StuckError
from benchmarks.run import Run

_INTERRUPTED = 130


@click.command()
@click.option("--only", help=f"Some of: {','.join(MEASURES)}.")
@click.option("--events", type=click.IntRange(100_000), default=2_000_000, show_default=True)
@click.option("--repeat", type=click.IntRange(1), default=3, show_default=True)
@click.option("--quick", is_flag=True, help="200,000 events, once: to see that it works.")
@click.option("--output", type=click.Path(path_type=Path), default=Path("results.json"))
def main(*, only: str | None, events: int, repeat: int, quick: bool, output: Path) -> None:
    """Measure, print a table and write the result as JSON."""
    names = frozenset(only.split(",")) if only else frozenset(MEASURES)
    if unknown := names - set(MEASURES):
        raise click.BadParameter(f"{', '.join(sorted(unknown))}: choose from {', '.join(MEASURES)}")
    options = (
        Options(names, 200_000, 1, 15.0, 20_000, 8.0, output)
        if quick
        else Options(names, events, repeat, output=output)
    )
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if "pathway" in names:
        interpreter()  # installed before anything is measured
    try:
        with place() as here:
            asyncio.run(_measure(here, options))
    except (StuckError, InexactError) as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        raise SystemExit(_INTERRUPTED) from None


async def _measure(here: Place, options: Options) -> None:
    console = Console(stderr=True)
    about = {
        "machine": machine(here.postgres.query("SHOW server_version").strip()),
        "commit": commit(),
        "events": options.events,
    }
    run = Run(here, options, lambda message: console.log(message, _stack_offset=2))
    async for _ in run.measure():
        report.write(options.output, about, run.figures)
    Console().print(report.table(run.figures))


if __name__ == "__main__":
    main()
