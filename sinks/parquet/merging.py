"""One Parquet file of several, row for row: columns, encodings and order stay as they are."""

from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from config.environment import PlainError
from sinks.parquet.files import write_file


class MergeError(PlainError):
    """The files do not fit together, or the new one does not hold what they do."""


def merge(
    bodies: Sequence[bytes], compression_level: int, rows: int, metadata: Mapping[str, str]
) -> memoryview:
    """Give the bytes of one file with row groups of so many rows. Raises MergeError."""
    # in all of them or not at all: pyarrow makes no dictionary of text that was written without one
    found = [set(_dictionaries(body)) for body in bodies if _has_rows(body)]
    dictionaries = sorted(set.intersection(*found)) if found else []
    files = [pq.ParquetFile(pa.BufferReader(body), read_dictionary=dictionaries) for body in bodies]
    try:
        # a column that was added later is null in files of before
        schema = pa.unify_schemas([file.schema_arrow.remove_metadata() for file in files])
        merged = write_file(_tables(files, schema, rows), compression_level, metadata)
    except pa.ArrowException as error:
        raise MergeError(f"files of one hour do not fit together: {error}") from error
    wanted = sum(file.metadata.num_rows for file in files)
    if (found := pq.read_metadata(pa.BufferReader(merged)).num_rows) != wanted:
        raise MergeError(f"of {wanted} rows {found} came out: nothing was changed")
    return merged


def read_metadata(body: bytes, name: str) -> Mapping[str, str]:
    """Give what `merge` was told to write beside the rows. Raises MergeError."""
    try:
        found = pq.read_metadata(pa.BufferReader(body)).metadata or {}
    except pa.ArrowException as error:
        raise not_ours(name) from error
    return {name.decode(): value.decode() for name, value in found.items()}


def not_ours(name: str) -> MergeError:
    return MergeError(f"{name} was not made by compaction: take it away")


def _has_rows(body: bytes) -> bool:
    return bool(pq.read_metadata(pa.BufferReader(body)).num_row_groups)


def _dictionaries(body: bytes) -> Iterator[str]:
    """Name the columns of text that are dictionaries."""
    file = pq.ParquetFile(pa.BufferReader(body))
    group = file.metadata.row_group(0)
    for place, field in enumerate(file.schema_arrow):
        is_text = pa.types.is_string(field.type)
        if is_text and "RLE_DICTIONARY" in _column(group, field.name, place).encodings:
            yield field.name


def _column(group: pq.RowGroupMetaData, name: str, place: int) -> pq.ColumnChunkMetaData:
    # columns before it may be lists, which have leaves of other names, but one each
    column = group.column(place)
    if column.path_in_schema != name:
        raise MergeError(f"column {name} stands where {column.path_in_schema} does")
    return column


def _tables(files: Sequence[pq.ParquetFile], schema: pa.Schema, rows: int) -> Iterator[pa.Table]:
    group: list[pa.Table] = []
    given = False
    for file in files:
        for place in range(file.num_row_groups):
            table = _conformed(file.read_row_group(place), schema)
            if group and sum(map(len, group)) + len(table) > rows:
                yield _joined(group)
                group, given = [], True
            group.append(table)
    if group or not given:
        yield _joined(group or [schema.empty_table()])


def _joined(group: Sequence[pa.Table]) -> pa.Table:
    return pa.concat_tables(group).unify_dictionaries()


def _conformed(table: pa.Table, schema: pa.Schema) -> pa.Table:
    columns = [
        table.column(field.name)
        if field.name in table.column_names
        else pa.nulls(len(table), field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)
