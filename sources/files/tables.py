"""Parquet: rows become JSON column by column, in Arrow.

A look at each value in Python would take ten times as long.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sources.files.place import Unreadable

_BATCH_BYTES = 4 * 1024 * 1024
_MOST_ROWS = 8_192
_CONTROL, _QUOTE, _BACKSLASH = 0x20, 0x22, 0x5C
_TEXT = pa.string()
_encode = msgspec.json.Encoder(enc_hook=str).encode


@dataclass(frozen=True, slots=True)
class Rows:
    """Events as JSON, with their keys and times (milliseconds since 1970).

    `longest` is the bytes of the longest one, `at` the next row.
    """

    values: list[bytes]
    keys: list[bytes | None]
    times: list[int | None]
    longest: int
    at: int


def tables(raw: BinaryIO, at: int, key: str, times: Sequence[str]) -> Iterator[Rows]:
    """Give the rows from number `at` on. Raises Unreadable, and OSError where the disk fails."""
    try:
        file = pq.ParquetFile(raw, pre_buffer=False)
        most = _rows_at_once(file.metadata)
        for group, begin in _groups(file.metadata, at):
            passed = begin
            for batch in file.iter_batches(most, row_groups=[group]):
                passed += len(batch)
                if passed <= at:
                    continue
                left = batch.slice(max(0, at - (passed - len(batch))))
                yield _made(left, passed, key, times)
    except OSError as error:
        if error.errno is not None:
            raise
        raise Unreadable(f"damaged: {_first_line(error)}") from error  # Arrow's, of a page
    except (pa.ArrowException, ValueError, OverflowError) as error:
        # ValueError, OverflowError: values that Python has no form for, like nested nanoseconds
        raise Unreadable(f"no Parquet, or damaged: {_first_line(error)}") from error


def _groups(metadata: Any, at: int) -> Iterator[tuple[int, int]]:
    """Give the row groups that reach beyond a row, each with its first row's number."""
    begin = 0
    for group in range(metadata.num_row_groups):
        rows = metadata.row_group(group).num_rows
        if begin + rows > at:
            yield group, begin
        begin += rows


def _rows_at_once(metadata: Any) -> int:
    groups = [metadata.row_group(group) for group in range(metadata.num_row_groups)]
    size = max((one.total_byte_size // max(1, one.num_rows) for one in groups), default=1)
    return max(1, min(_MOST_ROWS, _BATCH_BYTES // max(1, size)))


def _made(batch: pa.RecordBatch, at: int, key: str, times: Sequence[str]) -> Rows:
    names = batch.schema.names
    keys: list[bytes | None] = [None] * len(batch)
    if key in names:
        keys = _text(batch.column(key)).cast(pa.binary()).to_pylist()
    time: list[int | None] = [None] * len(batch)
    for name in times:
        if name in names and pa.types.is_timestamp(batch.column(name).type):
            time = batch.column(name).cast(pa.timestamp("ms"), safe=False).cast("int64").to_pylist()
            break
    objects = _objects(batch)
    return Rows(objects.to_pylist(), keys, time, pc.max(pc.binary_length(objects)).as_py(), at)


def _objects(batch: pa.RecordBatch) -> pa.BinaryArray:
    """Give each row as an object; what is null is left out."""
    if not batch.num_columns:
        return pa.array([b"{}"] * len(batch))
    pieces: list[Any] = []
    between = "{"  # few pieces: each is looked at for each row
    columns = zip(batch.schema.names, batch.columns, strict=True)
    for name, column in sorted(columns, key=lambda one: bool(one[1].null_count)):
        quote, text = _json(column)
        begin = f"{',' if pieces else ''}{msgspec.json.encode(name).decode()}:{quote}"
        if not column.null_count:
            pieces += [between + begin, text]
            between = quote
            continue
        pieces += [between, pc.fill_null(_joined([begin, text, quote]), "")]
        between = ""
    joined = _joined([*pieces, between + "}"])
    if all(column.null_count for column in batch.columns):  # the first that is there has a comma
        joined = pc.replace_substring_regex(joined, r"^\{,", "{", max_replacements=1)
    return joined.cast(pa.binary())


def _joined(pieces: Sequence[str | pa.Array]) -> pa.Array:
    """Join row by row; an empty piece would be looked at for each row as well."""
    return pc.binary_join_element_wise(
        *(one for one in pieces if not isinstance(one, str) or one), ""
    )


def _json(column: pa.Array) -> tuple[str, pa.Array]:
    """Give a column's values as JSON writes them, and the quote that has to stand around them."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        quote, text = _json(column.dictionary)
        return quote, text.take(column.indices)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind):
        return "", column.cast(_TEXT)
    if pa.types.is_timestamp(kind):
        # as UTC without saying so: to write a time with its zone takes thirty times as long
        plain = column.cast(pa.int64()).cast(pa.timestamp(kind.unit)).cast(_TEXT)
        return '"', pc.binary_join_element_wise(
            pc.binary_replace_slice(plain, 10, 11, "T"), "Z", ""
        )
    if pa.types.is_decimal(kind) or pa.types.is_date(kind) or pa.types.is_time(kind):
        return '"', column.cast(_TEXT)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind):
        return '"', _escaped(column.cast(_TEXT))
    written = [None if one is None else _encode(one).decode() for one in column.to_pylist()]
    return "", pa.array(written, _TEXT)


def _text(column: pa.Array) -> pa.Array:
    return column.cast(_TEXT)


def _escaped(column: pa.Array) -> pa.Array:
    if not _needs_escapes(column):
        return column
    return pa.array(
        [None if one is None else _encode(one).decode()[1:-1] for one in column.to_pylist()], _TEXT
    )


def _needs_escapes(column: pa.Array) -> bool:
    """Look at all of a column's bytes at once."""
    held = column.buffers()[2]
    if held is None:
        return False
    data = pa.Array.from_buffers(pa.uint8(), held.size, [None, held])
    return any(
        pc.any(found).as_py()
        for found in (
            pc.less(data, pa.scalar(_CONTROL, pa.uint8())),
            pc.equal(data, pa.scalar(_QUOTE, pa.uint8())),
            pc.equal(data, pa.scalar(_BACKSLASH, pa.uint8())),
        )
    )


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:200]
