"""Rows that wait for their file, compressed: a third of what they take as arrays.

A million rows wait for one file, and of the next as many may while it is written.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

_FEW = 500
"""Rows of a part that is left as it is: the message around them weighs some kilobytes."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """The rows of one part: an array for each of the stream's columns, and their offsets."""

    arrays: Sequence[pa.Array]
    offsets: pa.Array

    @property
    def dictionaries(self) -> Sequence[bool]:
        """Say which columns are dictionaries."""
        return [pa.types.is_dictionary(array.type) for array in self.arrays]

    def slice(self, begin: int, end: int) -> "Encoded":
        """Give the rows from `begin` up to `end`, as they lie in memory."""
        if begin == 0 and end == len(self.offsets):
            return self
        length = end - begin
        arrays = [array.slice(begin, length) for array in self.arrays]
        return Encoded(arrays, self.offsets.slice(begin, length))

    def unpacked(self) -> "Encoded":
        return self


@dataclass(frozen=True, slots=True)
class Packed:
    """The same, compressed; `begin` is where its rows begin in `body`."""

    body: bytes
    dictionaries: Sequence[bool]
    offsets: pa.Array
    begin: int = 0

    def slice(self, begin: int, end: int) -> "Packed":
        """Give the rows from `begin` up to `end`."""
        offsets = self.offsets.slice(begin, end - begin)
        return Packed(self.body, self.dictionaries, offsets, self.begin + begin)

    def unpacked(self) -> Encoded:
        columns = pa.ipc.open_stream(self.body).read_next_batch().columns
        length = len(self.offsets)
        return Encoded([one.slice(self.begin, length) for one in columns], self.offsets)


Rows = Encoded | Packed


def packed(rows: Encoded) -> Rows:
    """Compress, where that is worth it."""
    if len(rows.offsets) < _FEW or not rows.arrays:
        return rows
    names = list(map(str, range(len(rows.arrays))))
    batch = pa.RecordBatch.from_arrays(list(rows.arrays), names)
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="zstd", use_threads=False)
    with pa.ipc.new_stream(sink, batch.schema, options=options) as writer:
        writer.write_batch(batch)
    # a copy: what Arrow gives has grown by doubling, and keeps that much
    return Packed(bytes(sink.getvalue()), rows.dictionaries, rows.offsets)
