"""`python -m tests.chaos.sinks --rounds N`: all sinks at once, then a control that has to fail.

PostgreSQL, files, Parquet in a folder and in S3, Delta in S3 and ClickHouse store the same records,
while workers and servers are killed and frozen. Exit code 1 as soon as one does not hold what was
produced, or if the control, whose workers guard nothing, is not seen to miscount.
"""

import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import click

from devstack.engines import Kafka, Postgres
from devstack.engines.clickhouse import Clickhouse
from devstack.processes.watchdog import Watchdog
from tests.chaos.load import Load
from tests.chaos.sinks import faults
from tests.chaos.sinks.stage import SinksStage
from tests.chaos.stage import StuckError
from tests.sinks.parquet.gateway import Gateway

StageOf = Callable[[bool], SinksStage]


@click.command(help=__doc__)
@click.option("--rounds", default=10, show_default=True, type=click.IntRange(1))
@click.option("--seed", default=1, show_default=True, help="of the faults, their order and moments")
@click.option("--events-per-second", default=1_000, show_default=True)
@click.option("--only", default="", help="faults whose name contains this")
@click.option("--control/--no-control", default=True, show_default=True)
def main(rounds: int, seed: int, events_per_second: int, only: str, *, control: bool) -> None:
    folder = Path(tempfile.mkdtemp(prefix="headrace-chaos-"))
    click.echo(f"{rounds} rounds with seed {seed}; logs and data in {folder}")
    load = Load(workers=1, events_per_second=events_per_second)
    with _engines(folder, load) as (stage_of, every):
        chosen = {name: fault for name, fault in every.items() if only in name}
        problems = _play(stage_of, chosen, rounds, Random(seed))
        if control and not problems:
            problems = play_control(stage_of, Random(seed))
    click.echo("\n".join(problems) or "All exact, and the control was seen to fail.")
    if not problems:
        shutil.rmtree(folder)
    sys.exit(bool(problems))


@contextmanager
def _engines(folder: Path, load: Load) -> Iterator[tuple[StageOf, dict[str, faults.Fault]]]:
    with Watchdog() as watchdog:
        kafka, postgres = Kafka(folder / "kafka", watchdog), Postgres(folder / "postgres", watchdog)
        clickhouse, s3 = (
            Clickhouse(folder / "clickhouse", watchdog),
            Gateway(folder / "s3", watchdog),
        )
        for engine in (kafka, postgres, clickhouse, s3):
            engine.start()

        def stage(is_guarded: bool) -> SinksStage:  # noqa: FBT001 - one meaning
            return SinksStage(
                kafka.address,
                postgres.dsn(),
                folder,
                watchdog,
                load,
                clickhouse=clickhouse,
                s3=s3,
                guarded=is_guarded,
            )

        yield stage, dict(faults.every(kafka, postgres, clickhouse, s3))


def _play(
    stage_of: StageOf, chosen: dict[str, faults.Fault], rounds: int, random: Random
) -> list[str]:
    names: list[str] = []
    with stage_of(True) as stage:  # noqa: FBT003 - guarded
        for number in range(1, rounds + 1):
            names = names or random.sample(list(chosen), len(chosen))
            name, begun = names.pop(), time.monotonic()
            problems = play(stage, chosen[name], random)
            click.echo(
                f"{number:4d}  {name:28s} records {stage.truth.records:9,d}  round "
                f"{time.monotonic() - begun:5.1f} s  {'NOT EXACT' if problems else 'exact'}"
            )
            if problems:
                return problems
        click.echo(f"largest worker {stage.peak_memory_bytes / 1e6:.0f} MB")
    return []


def play(stage: SinksStage, fault: faults.Fault, random: Random) -> list[str]:
    """Play one round: what differs afterwards; a stage that does not recover is a problem too."""
    try:
        stage.await_more(random.randrange(int(stage.load.events_per_second)))
        fault(stage, random)
        return stage.compare()
    except StuckError as stuck:
        return [str(stuck)]


def play_control(stage_of: StageOf, random: Random) -> list[str]:
    """Freeze careless workers in the middle of a write; say which sinks were not seen to fail."""
    with stage_of(False) as stage:  # noqa: FBT003 - not guarded
        faults.overtake(stage, random, "before_commit")
        stage.flow.pause()
        stage.await_sinks()
        seen = {role.name: role.held.differences(stage.truth) for role in stage.roles}
    for name, found in seen.items():
        click.echo(f"control: {found[0] if found else f'{name}: nothing seen'}")
    return [
        f"the control was not seen to fail in {name}" for name, found in seen.items() if not found
    ]


if __name__ == "__main__":
    main()
