"""`python -m tests.chaos.recompute`: recomputes in a loop while workers are killed, then compares.

Exit code 1 when anything is not exact.
"""

import shutil
import sys
import tempfile
import time
from pathlib import Path
from random import Random

import click

from devstack.engines import Kafka, Postgres
from devstack.processes.watchdog import Watchdog
from tests.chaos import faults
from tests.chaos.load import Load
from tests.chaos.repairs import Repairs
from tests.chaos.stage import Stage

_CATCHING_UP_SECONDS = 300.0


@click.command(help=__doc__)
@click.option("--rounds", default=10, show_default=True, type=click.IntRange(1))
@click.option("--seed", default=1, show_default=True, help="of the faults and their order")
@click.option("--events-per-second", default=20_000, show_default=True)
def main(rounds: int, seed: int, events_per_second: int) -> None:
    folder = Path(tempfile.mkdtemp(prefix="headrace-chaos-"))
    click.echo(f"{rounds} faults with seed {seed}; logs and data in {folder}")
    with Watchdog() as watchdog:
        kafka, postgres = Kafka(folder / "kafka", watchdog), Postgres(folder / "postgres", watchdog)
        kafka.start()
        postgres.start()
        load = Load(events_per_second=events_per_second)
        with Stage(kafka.address, postgres.dsn(), folder, watchdog, load) as stage:
            problems = _play(stage, rounds, Random(seed))
            click.echo("\n".join(problems) or f"exact: {stage.truth.records:,} records")
    if not problems:
        shutil.rmtree(folder)
    sys.exit(bool(problems))


def _play(stage: Stage, rounds: int, random: Random) -> list[str]:
    every = faults.of_workers()
    with Repairs(stage.database.dsn, random) as repairs:
        for number in range(1, rounds + 1):
            name, begun = random.choice(list(every)), time.monotonic()
            stage.await_more(int(stage.load.events_per_second))
            every[name](stage, random)
            seconds, lag = time.monotonic() - begun, stage.lag
            click.echo(f"{number:4d}  {name:28s} {seconds:5.1f} s  lag {lag:,}")
            _catch_up(stage)
    click.echo(repairs.line())
    return stage.compare()


def _catch_up(stage: Stage) -> None:
    """Let workers store all there is: recomputes without a pause leave them half a machine."""
    stage.flow.pause()
    stage.await_stored(stage.truth.ends, _CATCHING_UP_SECONDS)
    stage.flow.resume()


if __name__ == "__main__":
    main()
