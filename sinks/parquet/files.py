"""One Parquet file in memory: encodings that are small and that every reader knows."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sinks.parquet.columns import MOST_DIFFERENT, Columns
from sinks.parquet.packed import Rows

_LOOKED_AT = 8_192
"""So many of a column's values tell whether they repeat."""


class Files:
    """Writes tables of one schema."""

    def __init__(self, columns: Columns, compression_level: int, row_group_rows: int) -> None:
        self._columns = columns
        self._level = compression_level
        self._row_group_rows = row_group_rows

    def write(
        self, rows: Sequence[Rows], partition: int, epoch: int, metadata: Mapping[str, str]
    ) -> memoryview:
        """Give the bytes of a file. Rows keep their order, so that row groups prune by time.

        One row group after the other: what they take in memory is not taken for all at once.
        """
        tables = self._columns.tables(rows, partition, epoch, self._row_group_rows)
        return write_file(tables, self._level, metadata)


def write_file(
    tables: Iterator[pa.Table], compression_level: int, metadata: Mapping[str, str]
) -> memoryview:
    """Give the bytes of a file of these tables, one at least: a row group each."""
    output = pa.BufferOutputStream()
    first = next(tables)
    with _writer(output, first, compression_level) as writer:
        for table in chain([first], tables):
            writer.write_table(table)
        writer.add_key_value_metadata(dict(metadata))
    # bytes: what Arrow gives has signed ones, which obstore takes for something to iterate over
    return memoryview(output.getvalue()).cast("B")


def _writer(
    output: pa.BufferOutputStream, first: pa.Table, compression_level: int
) -> pq.ParquetWriter:
    dictionaries, encodings = _encodings(first)
    return pq.ParquetWriter(
        output,
        first.schema,
        compression="zstd",
        compression_level=compression_level,
        use_dictionary=dictionaries,
        column_encoding=encodings,
        write_statistics=True,
        write_page_index=True,
        # Arrow's own schema would make dictionaries of text in some files and not in others
        store_schema=False,
    )


def _encodings(table: pa.Table) -> tuple[list[str], dict[str, str]]:
    """Say which columns get dictionaries, and how the others are written."""
    dictionaries, encodings = [], {}
    for field, column in zip(table.schema, table.columns, strict=True):
        if pa.types.is_list(field.type):
            dictionaries.append(f"{field.name}.list.element")
        elif _repeats(column):
            dictionaries.append(field.name)
        elif pa.types.is_string(field.type):
            encodings[field.name] = "DELTA_BYTE_ARRAY"
        elif field.name == "kafka_offset" or pa.types.is_integer(field.type):
            encodings[field.name] = "DELTA_BINARY_PACKED"
    return dictionaries, encodings


def _repeats(column: pa.ChunkedArray) -> bool:
    if pa.types.is_dictionary(column.type):
        return True
    if pa.types.is_string(column.type) or pa.types.is_timestamp(column.type):
        return False  # a moment is smaller as it is than as a number of a dictionary
    some = column.slice(0, _LOOKED_AT)
    return bool(pc.count_distinct(some).as_py() <= MOST_DIFFERENT * len(some))
