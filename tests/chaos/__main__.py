"""`python -m tests.chaos --rounds N --seed S`: exit code 1 as soon as anything is not exact."""

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random

import click

from devstack.engines import Kafka, Postgres
from devstack.processes.watchdog import Watchdog
from tests.chaos import faults
from tests.chaos.load import Load
from tests.chaos.rounds import play
from tests.chaos.stage import Stage


@click.command(help=__doc__)
@click.option("--rounds", default=10, show_default=True, type=click.IntRange(1))
@click.option("--seed", default=1, show_default=True, help="of the faults, their order and moments")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(2, 4))
@click.option("--events-per-second", default=2_000, show_default=True)
@click.option("--only", default="", help="faults whose name contains this")
def main(rounds: int, seed: int, workers: int, events_per_second: int, only: str) -> None:
    folder = Path(tempfile.mkdtemp(prefix="headrace-chaos-"))
    click.echo(f"{rounds} rounds with seed {seed}; logs and data in {folder}")
    with Watchdog() as watchdog:
        kafka, postgres = Kafka(folder / "kafka", watchdog), Postgres(folder / "postgres", watchdog)
        kafka.start()
        postgres.start()
        load = Load(workers=workers, events_per_second=events_per_second)
        every = {**faults.of_workers(), **faults.of_engines(kafka, postgres)}
        chosen = {name: fault for name, fault in every.items() if only in name}
        with Stage(kafka.address, postgres.dsn(), folder, watchdog, load) as stage:
            exact = _play_all(stage, chosen, rounds, seed)
    if exact:
        shutil.rmtree(folder)
    sys.exit(not exact)


def _play_all(stage: Stage, chosen: Mapping[str, faults.Fault], rounds: int, seed: int) -> bool:
    random, begun = Random(seed), time.monotonic()
    names = _shuffled_for_ever(list(chosen), random)
    for number, name in zip(range(1, rounds + 1), names, strict=False):
        outcome = play(stage, name, chosen[name], random)
        click.echo(outcome.line(number))
        if outcome.problems:
            click.echo("\n".join(outcome.problems))
            return False
    minutes, megabytes = (time.monotonic() - begun) / 60, stage.peak_memory_bytes / 1e6
    click.echo(
        f"All exact: {rounds} rounds, {stage.truth.records:,} records, {minutes:.1f} min, "
        f"largest worker {megabytes:.0f} MB"
    )
    return True


def _shuffled_for_ever(names: list[str], random: Random) -> Iterator[str]:
    """Give every fault once in random order, then again in another."""
    while True:
        yield from random.sample(names, len(names))


if __name__ == "__main__":
    main()
