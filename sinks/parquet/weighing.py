"""What records weigh as Parquet, beside what they weigh as JSON."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from models.batches import DecodedBatch
from models.streams import Stream
from sinks.base import SinkUnavailable
from sinks.kinds import Weight
from sinks.parquet.columns import Columns
from sinks.parquet.files import Files
from sinks.parquet.keys import is_object
from sinks.parquet.objects import Objects

_LOOKED_INTO = 5
"""So many of the newest objects tell how many rows there are to a byte."""

_LINES = 2_000
_ORIGIN = ("kafka_partition", "kafka_offset", "epoch", "date", "hour")


async def weigh(objects: Objects, topic: str) -> Weight | None:
    """Weigh what is stored of a topic; None where that has no rows. Raises SinkUnavailable."""
    listed = (await objects.listed(topic)).items()
    sizes = {key: found.size_bytes for key, found in listed if is_object(key)}
    # by their hours: the newest of all partitions
    newest = sorted(sizes, key=lambda key: key.split("/")[-3:], reverse=True)
    rows = size = 0
    lines: list[int] = []
    for key in newest:
        file = _opened(key, await objects.read(key))
        if file is None or not file.metadata.num_rows:
            continue
        rows, size = rows + file.metadata.num_rows, size + sizes[key]
        lines += _json_sizes(next(file.iter_batches(_LINES)).to_pylist())
        if len(lines) >= _LOOKED_INTO * _LINES or rows >= _LOOKED_INTO * _LINES:
            break
    if not rows:
        return None
    partitions = {key.split("/")[-4] for key in sizes}
    return Weight(
        objects=len(sizes),
        size_bytes=sum(sizes.values()),
        partitions=len(partitions),
        bytes_per_event=size / rows,
        json_bytes_per_event=sum(lines) / len(lines),
    )


def _opened(key: str, body: bytes | None) -> pq.ParquetFile | None:
    if body is None:  # compacted since it was listed
        return None
    try:
        return pq.ParquetFile(pa.BufferReader(body))
    except pa.ArrowException:
        raise SinkUnavailable(f"{key} is no Parquet file: what has put it there?") from None


def weigh_sample(stream: Stream, parts: Sequence[DecodedBatch], json_bytes: int) -> Weight:
    """Weigh what these records would be as one object, as the sink writes it by default."""
    columns = Columns(stream)
    rows = [columns.encode(part) for part in parts]
    count = sum(len(part.offsets) for part in parts)
    body = Files(columns, 1, 131_072).write(rows, 0, 1, {})
    return Weight(1, len(body), 1, len(body) / count, json_bytes / count)


def _json_sizes(rows: Sequence[Mapping[str, Any]]) -> Iterator[int]:
    for row in rows:
        event = {name: value for name, value in row.items() if name not in _ORIGIN}
        extra = json.loads(event.pop("extra", None) or "{}")
        said = {name: value for name, value in event.items() if value is not None} | extra
        yield len(json.dumps(said, default=_plain, separators=(",", ":")).encode())


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
