"""`python -m tests.chaos.replay`: replays that are killed at random moments, beside live traffic.

Into another database, into sinks of headrace.yaml, then into the same database, where events of the
same hours keep coming. Exit code 1 when a row or a window differs, or anything is there twice.
"""

import asyncio
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from random import Random

import click

from db.migrate import migrate
from devstack.engines import Kafka, Postgres
from devstack.engines.clickhouse import Clickhouse
from devstack.processes.watchdog import Watchdog
from tests.integration.replayed import Archive, Live, contents, query, wrong_windows
from tests.integration.replayed_sinks import Place, configured, in_clickhouse, in_lines, in_parquet

_PARTITIONS = 3
_SPAN = ("--from", "2026-11-22T09:20Z", "--to", "2026-11-22T10:25Z")
_PLACES = """
SELECT epoch, kafka_partition, kafka_offset::int4 FROM media_events ORDER BY 1, 2, 3
"""
_ROWS = """
SELECT count(*), count(DISTINCT (epoch, kafka_partition, kafka_offset)),
       md5(string_agg(row_to_json(t)::text, '' ORDER BY kafka_partition, kafka_offset)
           FILTER (WHERE kafka_partition > 0 OR kafka_offset < {events}))
FROM media_events AS t
"""


@click.command(help=__doc__)
@click.option("--kills", default=6, show_default=True, type=click.IntRange(1))
@click.option("--events", default=40_000, show_default=True, help="of each of three partitions")
@click.option("--seed", default=1, show_default=True, help="of the moments")
@click.option("--latest", default=12.0, show_default=True, help="seconds after its begin")
def main(kills: int, events: int, seed: int, latest: float) -> None:
    folder = Path(tempfile.mkdtemp(prefix="headrace-chaos-"))
    with Watchdog() as watchdog:
        kafka, postgres = Kafka(folder / "kafka", watchdog), Postgres(folder / "postgres", watchdog)
        clickhouse = Clickhouse(folder / "clickhouse", watchdog)
        for engine in (kafka, postgres, clickhouse):
            engine.start()
        for name in ("first", "second"):
            postgres.query(f"CREATE DATABASE {name}")
        archive = Archive(kafka.address, "chaos-", postgres.dsn("first"), folder)
        killing = _Killing(archive, _sinks(folder, clickhouse), kills, latest, Random(seed))
        problems = asyncio.run(_play(archive, killing, postgres.dsn("second"), events))
        click.echo("\n".join(problems) or "exact")
    if not problems:
        shutil.rmtree(folder)
    sys.exit(bool(problems))


def _sinks(folder: Path, clickhouse: Clickhouse) -> dict[str, Place]:
    lines, columns = folder / "lines", folder / "columns"
    return {
        "lines": ({"kind": "file", "path": str(lines)}, lambda: in_lines(lines)),
        "columns": ({"kind": "parquet", "path": str(columns)}, lambda: in_parquet(columns)),
        "clickhouse": in_clickhouse(clickhouse, "replayed"),
    }


class _Killing:
    """Runs a replay to its end, killing it some times on the way."""

    def __init__(
        self,
        archive: Archive,
        sinks: Mapping[str, Place],
        kills: int,
        latest: float,
        random: Random,
    ) -> None:
        self._archive = archive
        self.sinks = sinks
        entries = {name: entry for name, (entry, _) in sinks.items()}
        self._settings = configured(archive.folder, **entries)
        self._kills = kills
        self._latest = latest
        self._random = random

    def run(self, *options: str) -> str:
        for _ in range(self._kills):
            running = subprocess.Popen(
                self._archive.command(*options),
                env=self._archive.environment(self._settings),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            after = self._random.uniform(1, self._latest)
            try:
                told, _ = running.communicate(timeout=after)
            except subprocess.TimeoutExpired:
                running.send_signal(signal.SIGKILL)
                running.communicate()
                click.echo(f"killed after {after:.1f} s: {' '.join(options)}")
            else:
                click.echo(f"ended before it was killed\n{told}")
                return told
        done = self._archive.replay(*options, **self._settings)
        click.echo(done.stdout + done.stderr)
        return done.stdout


async def _play(archive: Archive, killing: _Killing, second: str, events: int) -> list[str]:
    await migrate(archive.database)
    await archive.store(_PARTITIONS, events)
    sql = _ROWS.format(events=events)
    [(_, _, before)] = await query(archive.database, sql)
    whole = await contents(archive.database)
    problems: list[str] = []

    told = await asyncio.to_thread(killing.run, "--source", "parquet", "--into", second)
    if await contents(second) != whole:
        problems.append(f"the second database differs from the first: {told}")

    every = await query(archive.database, _PLACES)
    for name, (_, places) in killing.sinks.items():
        told = await asyncio.to_thread(killing.run, "--source", "postgres", "--into", name)
        if places() != every:
            problems.append(f"{name} holds other rows than the database: {told}")

    live = Live(archive)
    going_on = asyncio.create_task(live.run())
    told = await asyncio.to_thread(killing.run, "--source", "parquet", "--into", "same", *_SPAN)
    live.ends.set()
    await going_on
    [(rows, places, after)] = await query(archive.database, sql)
    if not rows == places == _PARTITIONS * events + live.count:
        problems.append(f"{rows} rows, {places} places, {live.count} live: {told}")
    if before != after:
        problems.append("a row is not what it was")
    if wrong := await wrong_windows(archive):
        problems.append(f"{wrong} windows are wrong")
    if "another one's place, 0 added" not in told:
        problems.append(f"it did not end: {told}")
    click.echo(f"{live.count:,} events came meanwhile")
    return problems


if __name__ == "__main__":
    main()
