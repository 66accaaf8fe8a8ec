"""Sinks to try, batches for them, and what stands in their place."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.fs

from models.batches import Batch
from models.content_sessions import CONTENT_SESSIONS
from models.decode import Decoder
from models.positions import Position, TopicPartition
from models.streams import Stream
from models.validation import Limits
from sinks.base import Sink
from sinks.parquet.kind import KIND
from sinks.parquet.options import ParquetOptions
from sinks.parquet.sink import ParquetSink
from tests.models.records import TP, batch_of, heartbeat

P0, P1 = TP, TP._replace(partition=1)
BEGIN = Position(epoch=1, last_offset=-1, last_timestamp=None)
HOUR_MS = 3_600_000
_DECODER = Decoder(CONTENT_SESSIONS, Limits(retention_seconds=10**9))


def sink_in(place: dict[str, Any], stream: Stream = CONTENT_SESSIONS) -> ParquetSink:
    sink = KIND.open(ParquetOptions(**place), stream, "archive")
    assert isinstance(sink, ParquetSink)
    return sink


def batch(
    sink: Sink,
    count: int,
    start: int = 0,
    *,
    tp: TopicPartition = P0,
    timestamp: int | None = None,
    to: Batch | None = None,
) -> Batch:
    """Make (or go on with) a batch of heartbeats, one part."""
    values = [heartbeat(session_id=f"s-{start + place}") for place in range(count)]
    return add(sink, to or Batch(CONTENT_SESSIONS), values, start, tp=tp, timestamp=timestamp)


def add(
    sink: Sink,
    to: Batch,
    values: Sequence[bytes | None],
    start: int,
    *,
    tp: TopicPartition = P0,
    timestamp: int | None = None,
) -> Batch:
    given = {} if timestamp is None else {"timestamp": timestamp}
    decoded = _DECODER.decode(batch_of(values, start=start, tp=tp, **given))
    to.add(decoded, sink.encode(decoded, epoch=1))
    return to


def dataset(place: dict[str, Any], topic: str = TP.topic) -> ds.Dataset:
    """Open what stands there as any reader would."""
    path = f"{place['path'].removeprefix('s3://')}/{topic}"
    files: Any = None
    if "endpoint" in place:
        files = pyarrow.fs.S3FileSystem(
            access_key=place["access_key_id"],
            secret_key=place["secret_access_key"],
            endpoint_override=place["endpoint"],
            region="us-east-1",
        )
        if files.get_file_info(path).type == pyarrow.fs.FileType.NotFound:
            return ds.dataset([])
    elif not Path(path).exists():
        return ds.dataset([])
    return ds.dataset(path, filesystem=files, format="parquet", partitioning="hive")


def rows(place: dict[str, Any], *names: str) -> list[tuple[Any, ...]]:
    """Give the columns named, ordered by partition and offset."""
    found = dataset(place)
    if not found.schema.names:
        return []
    order = [("kafka_partition", "ascending"), ("kafka_offset", "ascending")]
    table: pa.Table = found.to_table().sort_by(order)
    return [tuple(row[name] for name in names) for row in table.to_pylist()]


def offsets(place: dict[str, Any]) -> list[tuple[int, int]]:
    return rows(place, "kafka_partition", "kafka_offset")


def keys(place: dict[str, Any]) -> list[str]:
    """Give the names of the objects from the epoch on, in order."""
    files = getattr(dataset(place), "files", [])
    return sorted(str(file).partition(f"{TP.topic}/")[2] for file in files)
