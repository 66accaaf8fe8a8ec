"""What the log says of the values in a file, so that readers pass over it without opening it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

_LONGEST = 32
"""Longer texts are left out: a bound that is cut is no bound any more."""

# exact decimals stay exact: rounded, a bound could hide rows
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class _Chunk(NamedTuple):
    """A column's values in one row group; `bounds` are the least and the greatest, if known."""

    missing: int
    rows: int
    bounds: tuple[Any, Any] | None


def statistics(body: memoryview) -> str:
    """Read from a Parquet file its rows, and least, greatest and missing values by column."""
    found = pq.ParquetFile(pa.BufferReader(body)).metadata
    columns: dict[str, list[_Chunk]] = defaultdict(list)
    for name, chunk in _chunks(found):
        columns[name].append(chunk)
    bounds = {name: told for name, chunks in columns.items() if (told := _bounds(chunks))}
    said: Mapping[str, Any] = {
        "numRecords": found.num_rows,
        "minValues": {name: least for name, (least, _) in bounds.items()},
        "maxValues": {name: greatest for name, (_, greatest) in bounds.items()},
        "nullCount": {
            name: sum(chunk.missing for chunk in chunks) for name, chunks in columns.items()
        },
    }
    return _ENCODER.encode(said).decode()


def _chunks(found: pq.FileMetaData) -> Iterator[tuple[str, _Chunk]]:
    for number in range(found.num_row_groups):
        group = found.row_group(number)
        for place in range(group.num_columns):
            chunk = group.column(place)
            told = chunk.statistics
            # an element of a list is no value of the column
            if told is not None and "." not in chunk.path_in_schema:
                bounds = (told.min, told.max) if told.has_min_max else None
                yield chunk.path_in_schema, _Chunk(told.null_count, chunk.num_values, bounds)


def _bounds(chunks: Sequence[_Chunk]) -> tuple[Any, Any] | None:
    """Give the bounds of all row groups; None where one of them has values and tells none."""
    with_values = [chunk.bounds for chunk in chunks if chunk.missing < chunk.rows]
    known = [bounds for bounds in with_values if bounds is not None]
    if not known or len(known) < len(with_values):
        return None
    if any(isinstance(one, str) and len(one) > _LONGEST for bounds in known for one in bounds):
        return None
    return min(least for least, _ in known), max(greatest for _, greatest in known)
