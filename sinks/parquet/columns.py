"""A stream's columns in Arrow: one schema for all of its files, made from the declaration alone."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import chain
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from models.batches import DecodedBatch
from models.events import EventField, fields_of
from models.streams import Column, Stream
from models.types import Bounds, Checked, Kind
from sinks.base import Rejected
from sinks.parquet.packed import Encoded, Rows

_TYPES: dict[Kind, pa.DataType] = {
    "text": pa.string(),
    "inet": pa.string(),
    "jsonb": pa.string(),
    "int4": pa.int32(),
    "int8": pa.int64(),
    "float8": pa.float64(),
    "timestamptz": pa.timestamp("us", tz="UTC"),
    "text[]": pa.list_(pa.string()),
}
_KAFKA = (
    pa.field("kafka_partition", pa.int32()),
    pa.field("kafka_offset", pa.int64()),
    pa.field("epoch", pa.int32()),
)
_MOST_DIGITS = 38  # what every reader of Parquet can hold in a decimal
_ENOUGH = 20_000
"""So many values show whether a column repeats itself: of 1,000 users most are different."""

MOST_DIFFERENT = 0.6
"""A column with a greater share of different values is smaller and faster without a dictionary."""


class Columns:
    """The schema, and arrays of what was decoded.

    It learns from the tables that it makes which columns of text hardly repeat: those are kept as
    they are from then on, all others as a dictionary, which takes a third of the memory. What is
    read from a file is the same.
    """

    def __init__(self, stream: Stream) -> None:
        declared = {one.name: one for one in fields_of(stream.event)}
        self._topic = stream.topic
        self._columns = stream.columns if stream.keeps_rows else ()
        self._types = [_type(one, declared.get(one.field)) for one in self._columns]
        self._made: dict[str, Callable[[Decimal], Any]] = {
            one.name: float if one.kind == "float8" else _plain
            for one, kind in zip(self._columns, self._types, strict=True)
            if one.field in declared
            and declared[one.field].type is Decimal
            and not pa.types.is_decimal(kind)
        }
        self._hardly_repeat: set[str] = set()
        # All may be null: a column that is added later is null in the files before it
        names = [one.name for one in self._columns]
        fields = [pa.field(name, kind) for name, kind in zip(names, self._types, strict=True)]
        self.schema = pa.schema([*fields, *_KAFKA])

    def encode(self, decoded: DecodedBatch) -> Encoded:
        """Make arrays of the rows. Raises Rejected for what does not fit its column."""
        values = decoded.columns if self._columns else ()
        arrays = [
            self._array(column, kind, given)
            for column, kind, given in zip(self._columns, self._types, values, strict=True)
        ]
        return Encoded(arrays, pa.array(decoded.offsets, pa.int64()))

    def tables(
        self, rows: Iterable[Rows], partition: int, epoch: int, most: int
    ) -> Iterator[pa.Table]:
        """Put parts together into tables of `most` rows; of no rows into one that is empty.

        A column of text is a dictionary in all of them or in none.
        """
        parts = [one for one in rows if len(one.offsets)]
        groups = iter(list(_groups(parts, most)) or [[]])
        group = [one.unpacked() for one in next(groups)]
        repeat = [all(which) for which in zip(*(one.dictionaries for one in parts), strict=True)]
        plain = [
            not (parts and repeat[place])
            or self._hardly_repeats(column.name, [one.arrays[place] for one in group])
            for place, column in enumerate(self._columns)
        ]
        while True:
            yield self._table(group, plain, partition, epoch)
            following = next(groups, None)
            if following is None:
                return
            group = [one.unpacked() for one in following]

    def _table(
        self, group: Sequence[Encoded], plain: Sequence[bool], partition: int, epoch: int
    ) -> pa.Table:
        arrays = [
            self._column(place, [one.arrays[place] for one in group], is_plain=plain[place])
            for place in range(len(self._columns))
        ]
        offsets = pa.chunked_array([one.offsets for one in group], pa.int64())
        same = [
            pa.repeat(pa.scalar(value, pa.int32()), len(offsets)) for value in (partition, epoch)
        ]
        return pa.Table.from_arrays([*arrays, same[0], offsets, same[1]], self.schema.names)

    def _array(self, column: Column, kind: pa.DataType, values: Sequence[Any]) -> pa.Array:
        try:
            if make := self._made.get(column.name):
                values = [None if value is None else make(value) for value in values]
            if pa.types.is_list(kind):
                return _lists(values, kind)
            array = pa.array(values, kind)
        except (ValueError, OverflowError) as error:
            why = str(error)[:200]
            raise Rejected(f"{self._topic}.{column.name} as {kind}: {why}") from error
        if pa.types.is_string(kind) and column.name not in self._hardly_repeat:
            return array.dictionary_encode()
        return array

    def _hardly_repeats(self, name: str, arrays: Sequence[pa.Array]) -> bool:
        """Say of dictionaries whether they are better written as they are; keep it in mind."""
        whole = pa.chunked_array(arrays).unify_dictionaries()
        if len(whole.chunk(0).dictionary) <= MOST_DIFFERENT * max(len(whole), _ENOUGH):
            return False
        self._hardly_repeat.add(name)
        return True

    def _column(self, place: int, arrays: Sequence[pa.Array], *, is_plain: bool) -> pa.ChunkedArray:
        if not is_plain:
            return pa.chunked_array(arrays).unify_dictionaries()
        plain = [
            array.dictionary_decode() if pa.types.is_dictionary(array.type) else array
            for array in arrays
        ]
        return pa.chunked_array(plain, self._types[place])


def _groups(parts: Iterable[Rows], most: int) -> Iterator[list[Rows]]:
    group: list[Rows] = []
    room = most
    for part in parts:
        begin, length = 0, len(part.offsets)
        while length - begin >= room:
            yield [*group, part.slice(begin, begin + room)]
            begin, room, group = begin + room, most, []
        if begin < length:
            group.append(part.slice(begin, length))
            room -= length - begin
    if group:
        yield group


def _plain(value: Decimal) -> str:
    return f"{value:f}"


def _lists(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    if None in values:
        return pa.array(values, kind)
    # three times as fast as Arrow's own way through nested sequences
    flat = pa.array(list(chain.from_iterable(values)), kind.value_type)
    ends = pa.array([0, *map(len, values)], pa.int32())
    return pa.ListArray.from_arrays(pc.cumulative_sum(ends), flat, type=kind)


def _type(column: Column, declared: EventField | None) -> pa.DataType:
    return _decimal(declared) if column.kind == "numeric" else _TYPES[column.kind]


def _decimal(declared: EventField | None) -> pa.DataType:
    """Give a decimal with room for what the bounds allow; without such bounds, text."""
    checks = [one.func for one in declared.metadata if isinstance(one, Checked)] if declared else []
    for bounds in checks:
        if isinstance(bounds, Bounds):
            whole = max(abs(bounds.low), abs(bounds.high)).adjusted() + 1
            digits = max(whole, 1) + bounds.places
            if digits <= _MOST_DIGITS:
                return pa.decimal128(digits, bounds.places)
    return pa.string()
