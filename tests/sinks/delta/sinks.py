"""Delta sinks to try, and what stands in their place, read by deltalake itself."""

from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import TableNotFoundError

from models.content_sessions import CONTENT_SESSIONS
from models.streams import Stream
from sinks.delta.kind import KIND
from sinks.delta.options import DeltaOptions
from sinks.delta.sink import DeltaSink
from tests.models.records import TP


def sink_in(place: dict[str, Any], stream: Stream = CONTENT_SESSIONS) -> DeltaSink:
    sink = KIND.open(DeltaOptions(**place), stream, "lake")
    assert isinstance(sink, DeltaSink)
    return sink


def table(place: dict[str, Any], topic: str = TP.topic) -> DeltaTable:
    options = DeltaOptions(**place)
    return DeltaTable(f"{options.path}/{topic}", storage_options=dict(options.storage()))


def stored(place: dict[str, Any], topic: str = TP.topic) -> pa.Table:
    """Read all rows, ordered by epoch, partition and offset."""
    order = [(name, "ascending") for name in ("epoch", "kafka_partition", "kafka_offset")]
    return table(place, topic).to_pyarrow_table().sort_by(order)


def rows(place: dict[str, Any], *names: str) -> list[tuple[Any, ...]]:
    """Give the columns named, in the order of `stored`; nothing where there is no table."""
    try:
        found = stored(place)
    except TableNotFoundError:
        return []
    return [tuple(row[name] for name in names) for row in found.to_pylist()]


def offsets(place: dict[str, Any]) -> list[tuple[int, int]]:
    return rows(place, "kafka_partition", "kafka_offset")


def files_in(place: dict[str, Any]) -> list[Path]:
    return sorted(Path(place["path"]).rglob("*.parquet"))
