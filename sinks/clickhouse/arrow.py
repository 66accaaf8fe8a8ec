"""Rows and dead letters as Arrow, column by column: the only place that needs pyarrow."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

from models.batches import DecodedBatch
from models.dead_letters import DeadLetter
from models.streams import Column, Stream
from models.types import Kind
from sinks.base import Rejected
from sinks.clickhouse import names as n
from sinks.clickhouse.column_types import ColumnType, column_types

_LAST_MILLISECOND = 4_102_444_799_999
"""The end of 2099: a producer may set any timestamp, and DateTime64 has no more."""

_NOTHING: dict[Kind, Any] = {
    "text": "",
    "int4": 0,
    "int8": 0,
    "float8": 0.0,
    "numeric": Decimal(0),
    "timestamptz": 0,
    "inet": "",
    "text[]": (),
    "jsonb": b"",
}
"""What a dead letter has in the columns of an event."""

_DIGITS_OF_128_BITS = 38
_INTEGERS = {"Int32": pa.int32(), "Int64": pa.int64(), "UInt32": pa.uint32(), "UInt64": pa.uint64()}

Make = Callable[[Sequence[Any]], pa.Array]


class Encoder:
    """Makes record batches of one stream's decoded batches."""

    def __init__(self, stream: Stream) -> None:
        self._time = stream.column_names.index(stream.event_time)
        self._columns = stream.columns
        types = column_types(stream)
        self._makes = [_make(column, types[column.name]) for column in stream.columns]
        self._names = [*stream.column_names, n.OFFSET, n.TIMESTAMP]

    def encode(self, decoded: DecodedBatch) -> pa.RecordBatch:
        """Give rows and dead letters, each a row. Raises Rejected."""
        letters = decoded.dead_letters
        columns = self._with_letters(decoded.columns, letters) if letters else decoded.columns
        try:
            arrays = [make(values) for make, values in zip(self._makes, columns, strict=True)]
        except (ValueError, OverflowError, ArithmeticError, TypeError) as error:
            # pyarrow's own errors are ValueError
            raise Rejected(f"{type(error).__name__}: {str(error)[:300]}") from error
        arrays += _common(decoded)
        if not letters:  # most batches: three columns less to send
            return pa.RecordBatch.from_arrays(arrays, names=self._names)
        arrays += _refusals(letters, len(decoded.offsets))
        return pa.RecordBatch.from_arrays(arrays, names=[*self._names, *n.REFUSAL])

    def _with_letters(
        self, columns: Sequence[Sequence[Any]], letters: Sequence[DeadLetter]
    ) -> list[Sequence[Any]]:
        fill = [None if column.nullable else _NOTHING[column.kind] for column in self._columns]
        filled = [
            [*values, *[nothing] * len(letters)]
            for values, nothing in zip(columns, fill, strict=True)
        ]
        # theirs is the record's own time: it expires with its neighbours
        times = [_stamp(letter.timestamp) * 1_000 for letter in letters]
        filled[self._time][len(columns[self._time]) :] = times
        return list(filled)


def stream_of(batches: Sequence[pa.RecordBatch]) -> bytes:
    """Write them as one Arrow stream of ONE record batch.

    One, since what ClickHouse knows an INSERT by includes how many blocks it came in.
    """
    if any(n.REFUSED in batch.schema.names for batch in batches):
        batches = list(map(_with_refusals, batches))
    whole = batches[0] if len(batches) == 1 else pa.concat_batches(batches)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, whole.schema) as writer:
        writer.write_batch(whole)
    return bytes(sink.getvalue())


def after(batch: pa.RecordBatch, offset: int) -> pa.RecordBatch:
    """Leave only the records behind an offset."""
    offsets = batch.column(n.OFFSET).to_pylist()
    return batch.filter(pa.array([one > offset for one in offsets], pa.bool_()))


def numbers(count: int) -> bytes:
    """Write so many rows of one column `number`."""
    return stream_of([pa.record_batch([pa.array(range(count), pa.int64())], names=["number"])])


def _common(decoded: DecodedBatch) -> list[pa.Array]:
    letters = decoded.dead_letters
    offsets = [*decoded.offsets, *(letter.offset for letter in letters)]
    stamps = [*decoded.timestamps, *(letter.timestamp for letter in letters)]
    if stamps and not 0 <= min(stamps) <= max(stamps) <= _LAST_MILLISECOND:
        stamps = list(map(_stamp, stamps))
    return [pa.array(offsets, pa.int64()), _timestamps("ms")(stamps)]


def _refusals(letters: Sequence[DeadLetter], good_before: int) -> list[pa.Array]:
    reasons = [*[""] * good_before, *(letter.reason for letter in letters)]
    details = [*[b""] * good_before, *(one.detail.encode(errors="replace") for one in letters)]
    payloads = [*[None] * good_before, *(letter.payload for letter in letters)]
    return [
        pa.array(reasons, pa.string()),
        *(pa.array(x, pa.binary()) for x in (details, payloads)),
    ]


def _with_refusals(batch: pa.RecordBatch) -> pa.RecordBatch:
    if n.REFUSED in batch.schema.names:
        return batch
    names = [*batch.schema.names, *n.REFUSAL]
    return pa.RecordBatch.from_arrays([*batch.columns, *_refusals((), batch.num_rows)], names=names)


def _stamp(milliseconds: int) -> int:
    return min(max(milliseconds, 0), _LAST_MILLISECOND)


def _make(column: Column, found: ColumnType) -> Make:
    match column.kind:
        case "timestamptz":
            return _timestamps("us")
        case "float8":
            return _floats
        case "text[]":
            return lambda values: pa.array([one or () for one in values], pa.list_(pa.string()))
        case _:
            return _of(_arrow_type(column.kind, found))


def _arrow_type(kind: Kind, found: ColumnType) -> pa.DataType:
    match kind:
        case "int4" | "int8":
            return _INTEGERS[found.sql.removeprefix("Nullable(").rstrip(")")]
        case "numeric":
            wide = pa.decimal256 if found.digits > _DIGITS_OF_128_BITS else pa.decimal128
            return wide(found.digits, found.places)
        case "jsonb":
            return pa.binary()
        case _:
            return pa.string()


def _of(type_: pa.DataType) -> Make:
    return lambda values: pa.array(values, type_)


def _timestamps(unit: str) -> Make:
    type_ = pa.timestamp(unit, tz="UTC")
    return lambda values: pa.array(values, pa.int64()).view(type_)


def _floats(values: Sequence[Any]) -> pa.Array:
    return pa.array([None if value is None else float(value) for value in values], pa.float64())
