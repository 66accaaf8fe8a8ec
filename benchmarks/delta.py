"""`python -m benchmarks.delta`: the Delta sink against write_deltalake, on the same records.

Ours is exact: it encodes, puts a file, flushes it to disk and commits rows and position; theirs
appends the same arrays, encoded the same way, and knows of no position. The Parquet sink is beside
them. Then a table is filled with as many files as `--files` says, which no commit may become slow
by: median seconds of a commit with one row. Prints JSON; `cpu` is processor time of this process.
"""

from __future__ import annotations

import asyncio
import json
import resource
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import click
import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, write_deltalake
from deltalake.transaction import AddAction

from benchmarks.machine import commit, machine
from benchmarks.parquet import Records, Seconds, now, ours, records
from sinks.base import Sink
from sinks.delta.kind import open_delta
from sinks.delta.options import DeltaOptions
from sinks.parquet.columns import Columns
from sinks.parquet.kind import open_parquet
from sinks.parquet.options import ParquetOptions

_COMMITS = 7


def theirs(given: Records, folder: Path) -> Seconds:
    """Give the seconds from decoded records to an append by deltalake alone."""
    columns = Columns(given.stream)
    begun = now()
    encoded = [columns.encode(part) for part in given.parts]
    write_deltalake(
        str(folder), pa.concat_tables(columns.tables(encoded, 0, 1, 131_072)), mode="append"
    )
    return now() - begun


async def rounds(given: Records, folder: Path, count: int) -> dict[str, list[Seconds]]:
    """Run all three, one after the other, as often as said."""
    delta = open_delta(DeltaOptions(path=str(folder / "delta")), given.stream, "")
    parquet = open_parquet(ParquetOptions(path=str(folder / "parquet")), given.stream, "")
    taken: dict[str, list[Seconds]] = {"delta": [], "parquet": [], "write_deltalake": []}
    for number in range(count):
        taken["delta"].append(await ours(delta, given, number))
        taken["parquet"].append(await ours(parquet, given, number))
        taken["write_deltalake"].append(theirs(given, folder / "theirs"))
    return taken


async def commits(given: Records, folder: Path, files: int) -> dict[str, float]:
    """Give the median seconds of a commit, with few files in the table and with many."""
    path = folder / "many"
    sink = open_delta(DeltaOptions(path=str(path)), given.stream, "")
    few = await _commits(sink, given, 1_000)
    table = DeltaTable(str(path / given.stream.topic))
    [known] = pa.table(table.get_add_actions()).slice(0, 1).to_pylist()
    stats = json.dumps({"numRecords": 1, "minValues": {}, "maxValues": {}, "nullCount": {}})
    date = {"date": str(known["partition"]["date"])}
    table.create_write_transaction(
        [
            AddAction(f"date={date['date']}/{one}", 1, date, 1, data_change=True, stats=stats)
            for one in range(files)
        ],
        mode="append",
        schema=table.schema(),
        partition_by=["date"],
        commit_properties=CommitProperties(),
    )
    return {"few_files": few, "many_files": await _commits(sink, given, 2_000)}


async def _commits(sink: Sink, given: Records, partition: int) -> float:
    part = given.parts[0]
    one = replace(
        part,
        offsets=part.offsets[:1],
        columns=[column[:1] for column in part.columns],
        timestamps=part.timestamps[:1],
    )
    small = replace(given, parts=[one])
    taken = [await ours(sink, small, partition + number) for number in range(_COMMITS)]
    return statistics.median(seconds.wall for seconds in taken)


@click.command(help=__doc__)
@click.option("--stream", default="media_events", show_default=True)
@click.option("--events", default=300_000, show_default=True, type=click.IntRange(1_000))
@click.option("--repeat", default=3, show_default=True, type=click.IntRange(1))
@click.option("--files", default=20_000, show_default=True, type=click.IntRange(1))
def main(stream: str, events: int, repeat: int, files: int) -> None:
    given = records(stream, events)
    with tempfile.TemporaryDirectory(prefix="headrace-delta-") as folder:
        taken = asyncio.run(rounds(given, Path(folder), repeat))
        by_files = asyncio.run(commits(given, Path(folder), files))
    middle = {
        name: Seconds(*(statistics.median(some) for some in zip(*seconds, strict=True)))
        for name, seconds in taken.items()
    }
    print(
        json.dumps(
            {
                "machine": machine(""),
                "commit": commit(),
                "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                "rows": given.rows,
                "microseconds_a_row": {
                    name: {
                        "wall": round(one.wall / given.rows * 1e6, 2),
                        "cpu": round(one.cpu / given.rows * 1e6, 2),
                    }
                    for name, one in middle.items()
                },
                "seconds_a_commit": by_files,
                "files": files,
                "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1_024,
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
