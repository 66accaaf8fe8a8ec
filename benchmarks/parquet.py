"""`python -m benchmarks.parquet`: the Parquet sink against pyarrow, on the same decoded records.

Ours encodes each part as it would be decoded, cuts, writes, flushes to disk and commits; pyarrow's
is one table of the same columns, and `write_table` with the same compression. Writing alone is that
from arrays that stand already. `--path s3://BUCKET/PREFIX --endpoint URL` measures S3; keys are
those of AWS_*. Prints JSON; `cpu` is processor time
of this process, which a busy machine changes less.
"""

from __future__ import annotations

import asyncio
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import click
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.machine import commit, machine
from benchmarks.samples import LONGEST, Sample
from generator.clients import Simulation
from generator.traffic import Fractions, Traffic
from models.all import STREAMS
from models.batches import Batch, DecodedBatch
from models.decode import Decoder
from models.positions import TopicPartition
from models.records import RecordBatch
from models.streams import Stream
from models.validation import Limits
from sinks.base import Sink
from sinks.parquet.columns import Columns
from sinks.parquet.kind import open_parquet
from sinks.parquet.options import ParquetOptions

_EVENTS_PER_SECOND = 20_000
_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Records:
    """Decoded records of one stream, and what they weighed as JSON."""

    stream: Stream
    parts: Sequence[DecodedBatch]
    json_bytes: int
    decode_seconds: float

    @property
    def rows(self) -> int:
        return sum(len(part.offsets) for part in self.parts)


def records(topic: str, events: int) -> Records:
    """Make records as the generator sends them, bad and late ones left out."""
    sent = time.time_ns() // 1_000_000
    start = sent - events * 1_000 // _EVENTS_PER_SECOND
    stream = replace(STREAMS[topic], windows=())
    decoder, tp = Decoder(stream, Limits()), TopicPartition(topic, 0)
    traffic = Traffic(topic, Simulation(1, _EVENTS_PER_SECOND, start), Fractions(bad=0))
    parts, size, offset, seconds = [], 0, 0, 0.0
    while offset < events:
        made = [
            Sample(place, sent, record.value)
            for place, record in enumerate(traffic.take(min(LONGEST, events - offset)), offset)
        ]
        size += sum(len(record.value or b"") for record in made)
        begun = time.perf_counter()
        parts.append(decoder.decode(RecordBatch(tp, offset, offset + len(made), made)))
        seconds += time.perf_counter() - begun
        offset += len(made)
    return Records(stream, parts, size, seconds)


class Seconds(NamedTuple):
    """Of the clock, and of the processors."""

    wall: float
    cpu: float

    def __sub__(self, other: Seconds) -> Seconds:
        return Seconds(self.wall - other.wall, self.cpu - other.cpu)


def now() -> Seconds:
    return Seconds(time.perf_counter(), time.process_time())


async def ours(sink: Sink, given: Records, number: int) -> Seconds:
    """Give the seconds from decoded records to a committed object, in a partition of its own."""
    tp, batch = given.parts[0].tp._replace(partition=number), Batch(given.stream)
    parts = [replace(part, tp=tp) for part in given.parts]
    expected = await sink.positions([tp])
    begun = now()
    for part in parts:
        batch.add(part, sink.encode(part, 1))
    await sink.write(batch, expected)
    return now() - begun


def pyarrow_alone(given: Records, folder: Path) -> tuple[Seconds, Seconds]:
    """Give the seconds for arrays and file, and for the file alone."""
    schema = Columns(given.stream).schema
    begun = now()
    table = pa.concat_tables(_table(part, schema) for part in given.parts)
    made = now()
    pq.write_table(table, folder / "alone.parquet", compression="zstd")
    end = now()
    return end - begun, end - made


def _table(part: DecodedBatch, schema: pa.Schema) -> pa.Table:
    count = len(part.offsets)
    columns = [*part.columns, [part.tp.partition] * count, part.offsets, [1] * count]
    arrays = [_array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def _array(values: Sequence[object], kind: pa.DataType) -> pa.Array:
    try:
        return pa.array(values, kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([float(str(value)) for value in values], kind)


def _middle(seconds: Sequence[Seconds]) -> Seconds:
    return Seconds(*(statistics.median(some) for some in zip(*seconds, strict=True)))


def _stored_bytes(options: ParquetOptions) -> int:
    return sum(file.stat().st_size for file in Path(options.path).rglob("*.parquet"))


def _megabytes_at_most() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1_024 / _MEGABYTE


async def measure(
    options: ParquetOptions, given: Records, repeat: int, folder: Path, say: Callable[[str], None]
) -> dict[str, object]:
    taken, alone, writing = [], [], []
    place = options.model_copy(update={"path": f"{options.path}/{uuid4().hex}"})
    sink = open_parquet(place, given.stream, "bench")
    await ours(sink, given, repeat)  # a worker has written files before, and knows its columns
    for number in range(repeat):
        say(f"round {number + 1} of {repeat}")
        taken.append(await ours(sink, given, number))
        whole, only = pyarrow_alone(given, folder)
        alone.append(whole)
        writing.append(only)
    await sink.close()
    exact, whole, only = (_middle(seconds) for seconds in (taken, alone, writing))
    result: dict[str, object] = {
        "rows": given.rows,
        "sink_rows_per_second": round(given.rows / exact.wall),
        "pyarrow_rows_per_second": round(given.rows / whole.wall),
        "pyarrow_writing_alone_rows_per_second": round(given.rows / only.wall),
        "against_pyarrow": round(whole.wall / exact.wall, 2),
        "against_pyarrow_writing_alone": round(only.wall / exact.wall, 2),
        "sink_cpu_us_per_event": round(exact.cpu / given.rows * 1e6, 2),
        "pyarrow_cpu_us_per_event": round(whole.cpu / given.rows * 1e6, 2),
        "pyarrow_writing_alone_cpu_us_per_event": round(only.cpu / given.rows * 1e6, 2),
        "decode_us_per_event": round(given.decode_seconds / given.rows * 1e6, 2),
        "json_bytes_per_event": round(given.json_bytes / given.rows, 1),
        "pyarrow_bytes_per_event": round((folder / "alone.parquet").stat().st_size / given.rows, 1),
    }
    if not options.is_s3:
        stored = _stored_bytes(options) / (repeat + 1) / given.rows
        result["bytes_per_event"] = round(stored, 1)
        result["json_to_parquet"] = round(given.json_bytes / given.rows / stored, 1)
    return result


@click.command()
@click.option("--stream", "topic", type=click.Choice(list(STREAMS)), default="media_events")
@click.option("--events", type=click.IntRange(min=1_000), default=500_000, show_default=True)
@click.option("--repeat", type=click.IntRange(min=1), default=3, show_default=True)
@click.option("--path", help="s3://BUCKET/PREFIX; without it a temporary folder")
@click.option("--endpoint", help="URL of an S3 that is not Amazon's")
def main(topic: str, events: int, repeat: int, path: str | None, endpoint: str | None) -> None:
    """Measure how fast decoded records become Parquet, and how small."""
    with tempfile.TemporaryDirectory(prefix="headrace-parquet-") as folder:
        options = ParquetOptions(
            path=path or f"{folder}/sink",
            endpoint=endpoint,
            allow_http=(endpoint or "").startswith("http://"),
        )
        given = records(topic, events)
        result = asyncio.run(
            measure(options, given, repeat, Path(folder), lambda text: click.echo(text, err=True))
        )
    about = {"stream": topic, "machine": machine(""), "commit": commit()}
    result |= {"peak_megabytes": round(_megabytes_at_most())}
    print(msgspec.json.encode(about | result).decode())


if __name__ == "__main__":
    main()
