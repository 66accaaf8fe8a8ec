"""PostgreSQL's binary COPY format, column by column.

Format: https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format". A row is its number
of fields, then for each field its length and its bytes, all big-endian. Encoding a column at a time
keeps the work in C, and off the write (benchmarks/encode.py times it beside asyncpg's own encoder).
"""

from array import array
from collections.abc import Callable, Hashable, Mapping, Sequence
from struct import Struct, pack, unpack
from sys import byteorder
from typing import Any

from models.windows import Kind

HEADER = b"PGCOPY\n\xff\r\n\0" + pack(">ii", 0, 0)
TRAILER = pack(">h", -1)

_NULL = pack(">i", -1)
_SINCE_2000 = 946_684_800_000_000
"""PostgreSQL counts microseconds from 2000-01-01; we count them from 1970-01-01."""

_INT4 = Struct(">ii").pack
_INT8 = Struct(">iq").pack

_LOOKED_AT = 256
"""So many values of a column tell whether it has few different ones."""

Parts = list[Sequence[bytes]]
"""What one column adds to each row: usually its field, sometimes length and bytes apart."""


def encode_field(kind: Kind, value: Any) -> bytes:
    """Encode one field with its length."""
    if value is None:
        return _NULL
    match kind:
        case "int4":
            return _INT4(4, value)
        case "int8":
            return _INT8(8, value)
        case "timestamptz":
            return _INT8(8, value - _SINCE_2000)
        case "text":
            text: bytes = value.encode()
            return pack(">i", len(text)) + text


def encode_rows(
    columns: Sequence[tuple[Kind, Sequence[Any]]], same_in_every_row: Sequence[tuple[Kind, Any]]
) -> bytes:
    """Encode rows, given by column; fields that are the same in every row come last."""
    rows = len(columns[0][1])
    parts: Parts = [[pack(">h", len(columns) + len(same_in_every_row))] * rows]
    for kind, values in columns:
        parts.extend(_encode_column(kind, values))
    parts.append([b"".join(encode_field(kind, value) for kind, value in same_in_every_row)] * rows)

    # Interleaved by stride, then joined once: faster than any loop over rows.
    fields: list[bytes] = [b""] * (rows * len(parts))
    for index, part in enumerate(parts):
        fields[index :: len(parts)] = part
    return b"".join(fields)


def _encode_column(kind: Kind, values: Sequence[Any]) -> Parts:
    head = values[:_LOOKED_AT]
    if len(set(head)) * 4 > len(head) and None not in values:
        return _ENCODE_VARIED[kind](values)
    # Few values, each many times (a CDN, a network, a bitrate): encode each once.
    return [list(map(_Fields(kind).__getitem__, values))]


class _Fields(dict[Hashable, bytes]):
    """Encoded fields of one kind, by value, each made when it is first asked for."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind

    def __missing__(self, value: Any) -> bytes:
        field = self[value] = encode_field(self._kind, value)
        return field


def _encode_texts(values: Sequence[str]) -> Parts:
    # no value holds a NUL: models.types.Text refuses it, as PostgreSQL would
    texts = "\0".join(values).encode().split(b"\0")
    lengths = [len(text) for text in texts]
    prefixes = {length: pack(">i", length) for length in set(lengths)}
    return [[prefixes[length] for length in lengths], texts]


def _encode_int4s(values: Sequence[int]) -> Parts:
    return [[_INT4(4, value) for value in values]]


def _encode_int8s(values: Sequence[int]) -> Parts:
    numbers = array("q", values)
    if byteorder == "little":
        numbers.byteswap()
    return [[pack(">i", 8)] * len(values), unpack("8s" * len(values), numbers.tobytes())]


def _encode_timestamps(values: Sequence[int]) -> Parts:
    return _encode_int8s([value - _SINCE_2000 for value in values])


_ENCODE_VARIED: Mapping[Kind, Callable[[Sequence[Any]], Parts]] = {
    "text": _encode_texts,
    "int4": _encode_int4s,
    "int8": _encode_int8s,
    "timestamptz": _encode_timestamps,
}
