"""`python -m benchmarks.dashboards`: how long each query of the dashboards takes on 10 M raw rows.

On a PostgreSQL of its own, as Grafana's role, with each panel's own time range: first after a
restart of the server, then twice more.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import asyncpg
import click
import msgspec
from rich.console import Console
from rich.table import Table

from benchmarks.dashboard_rows import fill
from benchmarks.machine import commit, machine
from db.migrate import migrate
from devstack.engines import Postgres
from devstack.processes.watchdog import Watchdog
from tests.grafana.asking import options, singles
from tests.grafana.files import Asked, asked, choices

_RUNS = 3
_MUST_MILLISECONDS = 500


@dataclass(frozen=True)
class Timed:
    """One query; the first run found the server's own cache empty."""

    query: str
    rows: int
    first_ms: float
    median_ms: float


@click.command()
@click.option("--rows", type=click.IntRange(10_000), default=10_000_000, show_default=True)
@click.option("--output", type=click.Path(path_type=Path), default=Path("dashboards-results.json"))
def main(*, rows: int, output: Path) -> None:
    """Fill a database, run every query, write the times as JSON; exit 1 above half a second."""
    console = Console(stderr=True)
    with _postgres() as postgres:
        found = asyncio.run(_measure(postgres, rows, console))
        about = machine(postgres.query("SHOW server_version").strip())
    found.sort(key=lambda timed: timed.median_ms, reverse=True)
    content = {"machine": about, "commit": commit(), "rows": rows, "slowest": found[0].query}
    content["queries"] = [asdict(timed) for timed in found]
    output.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=2))
    console.print(_table(found[:15]))
    raise SystemExit(found[0].median_ms > _MUST_MILLISECONDS)


@contextmanager
def _postgres() -> Iterator[Postgres]:
    folder = Path(tempfile.mkdtemp(prefix="headrace-bench-"))
    try:
        with Watchdog() as watchdog:
            postgres = Postgres(folder / "postgres", watchdog)
            postgres.start()
            yield postgres
            postgres.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _measure(postgres: Postgres, rows: int, console: Console) -> list[Timed]:
    postgres.query("CREATE DATABASE dashboards")
    dsn = postgres.dsn("dashboards")
    await migrate(dsn)
    now = datetime.now(UTC)
    await fill(dsn, rows, now, console.log)
    postgres.query("CHECKPOINT")
    postgres.restart()
    console.log("ask")
    connection = await asyncpg.connect(dsn, user="headrace_reader")
    every = list(asked())
    timed = [await _time(connection, query, every, now) for query in every]
    await connection.close()
    return timed


async def _time(
    connection: asyncpg.Connection, query: Asked, every: list[Asked], now: datetime
) -> Timed:
    offered = {} if query.panel == "variable" else await options(connection, query.of, every, now)
    text = query.text(choices(query.of, singles(offered, query.of)), now)
    runs = []
    for _ in range(_RUNS):
        begun = time.perf_counter()
        rows = await connection.fetch(text)
        runs.append((time.perf_counter() - begun) * 1_000)
    return Timed(query.name, len(rows), round(runs[0], 1), round(median(runs), 1))


def _table(slowest: list[Timed]) -> Table:
    shown = Table("query", "rows", "first, ms", "median, ms", title="The slowest queries")
    for timed in slowest:
        shown.add_row(
            timed.query, f"{timed.rows:,}", f"{timed.first_ms:.0f}", f"{timed.median_ms:.0f}"
        )
    return shown


if __name__ == "__main__":
    main()
