"""`python -m benchmarks.sinks`: records from Kafka into the further sinks, at a real broker.

Each case is checked for exactness at its end: a run that lost or doubled a record has no figures.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import click
import msgspec
from rich.console import Console

from benchmarks.exactness import InexactError
from benchmarks.machine import commit, machine
from benchmarks.progress import StuckError
from benchmarks.sinks.into_clickhouse import clickhouse
from benchmarks.sinks.into_parquet import parquet, parquet_memory
from benchmarks.sinks.pruning import pruning
from benchmarks.sinks.stage import Stage, stage
from benchmarks.sinks.takeover import takeover
from benchmarks.sinks.together import all_at_once, one_down


@dataclass(frozen=True, slots=True)
class Options:
    """How much to measure."""

    events: int
    seconds: float
    down_seconds: float
    rounds: int
    say: Callable[[str], None]


Case = Callable[[Stage, Options], Mapping[str, Any]]

_CASES: Mapping[str, Case] = {
    "clickhouse": lambda at, how: clickhouse(
        at, how.events, how.rounds, how.say, players_tell=True
    ),
    "clickhouse_old_players": lambda at, how: clickhouse(
        at, how.events, how.rounds, how.say, players_tell=False
    ),
    "parquet": lambda at, how: parquet(at, how.events, (os.cpu_count() or 1, 1), how.say),
    "all": lambda at, how: asyncio.run(all_at_once(at, how.seconds, how.say)),
    "takeover": lambda at, how: takeover(at, how.say),
    "one_down": lambda at, how: asyncio.run(one_down(at, how.down_seconds, how.say)),
    "pruning": lambda at, how: pruning(at, how.events, how.say),
    "parquet_memory": lambda at, how: parquet_memory(at, how.events // 3, how.say),
}


@click.command()
@click.option(
    "--only",
    metavar="CASE",
    type=click.Choice(list(_CASES)),
    multiple=True,
    help=f"One of {', '.join(_CASES)}; again for several.",
)
@click.option("--events", type=click.IntRange(50_000), default=3_000_000, show_default=True)
@click.option("--seconds", default=60.0, show_default=True, help="Of steady load.")
@click.option("--down-seconds", default=120.0, show_default=True, help="A server is away.")
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True)
def main(
    *, only: tuple[str, ...], events: int, seconds: float, down_seconds: float, rounds: int
) -> None:
    """Measure sinks from Kafka on, and print the result as JSON."""
    console = Console(stderr=True)
    options = Options(
        events, seconds, down_seconds, rounds, lambda text: console.log(text, markup=False)
    )
    with stage() as at:
        about: dict[str, Any] = {
            "machine": machine(at.here.postgres.query("SHOW server_version").strip()),
            "commit": commit(),
        }
        found = {name: _measured(name, at, options) for name in only or _CASES}
    about["load_after"] = os.getloadavg()
    click.echo(msgspec.json.format(msgspec.json.encode(about | {"cases": found}), indent=2))
    if not all(case.get("is_measured", True) for case in found.values()):
        raise SystemExit(1)


def _measured(name: str, at: Stage, options: Options) -> Mapping[str, Any]:
    """Measure one case; what goes wrong ends that one alone."""
    options.say(f"case {name}")
    try:
        found = _CASES[name](at, options)
    except (StuckError, InexactError) as error:
        options.say(f"case {name}: {error}")
        return {"is_measured": False, "error": str(error)}
    options.say(f"case {name}: {found}")
    return found


if __name__ == "__main__":
    main()
