"""PostgreSQL's binary COPY format, column by column.

Format: https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format". A row is its number
of fields, then for each field its length and its bytes, all big-endian. Encoding a column at a time
keeps the work in C, and off the write (benchmarks/encode.py times it beside asyncpg's own encoder).
"""

import socket
from array import array
from collections.abc import Callable, Hashable, Mapping, Sequence
from decimal import Decimal
from struct import Struct, pack, unpack
from sys import byteorder
from typing import Any

from models.types import Kind

HEADER = b"PGCOPY\n\xff\r\n\0" + pack(">ii", 0, 0)
TRAILER = pack(">h", -1)

_NULL = pack(">i", -1)
_SINCE_2000 = 946_684_800_000_000
"""PostgreSQL counts microseconds from 2000-01-01; we count them from 1970-01-01."""

_INT4 = Struct(">ii").pack
_INT8 = Struct(">iq").pack
_FLOAT8 = Struct(">id").pack

_LOOKED_AT = 256
"""So many values of a column tell whether it has few different ones."""

Parts = list[Sequence[bytes]]
"""What one column adds to each row: usually its field, sometimes length and bytes apart."""


def encode_field(kind: Kind, value: Any) -> bytes:
    """Encode one field with its length."""
    if value is None:
        return _NULL
    return _FIELD[kind](value)


def _text(value: str) -> bytes:
    return _sized(value.encode())


def _sized(field: bytes) -> bytes:
    return pack(">i", len(field)) + field


def _numeric(value: Decimal) -> bytes:
    # Digits in base 10,000, most significant first; `weight` is the first one's power, `scale` how
    # many decimals are shown (numeric_send in utils/adt/numeric.c).
    text = str(value)
    if "E" in text:
        text = format(value, "f")
    whole, _, decimals = text.lstrip("-").partition(".")
    digits = whole.zfill(_fours(whole)) + decimals.ljust(_fours(decimals), "0")
    groups = [int(digits[place : place + 4]) for place in range(0, len(digits), 4)]
    weight = _fours(whole) // 4 - 1
    while groups and not groups[0]:
        del groups[0]
        weight -= 1
    while groups and not groups[-1]:
        groups.pop()
    count = len(groups)
    sign = 0x4000 if text[0] == "-" and count else 0
    return pack(
        f">iHhHH{count}H",
        8 + 2 * count,
        count,
        weight if count else 0,
        sign,
        len(decimals),
        *groups,
    )


def _fours(digits: str) -> int:
    return -(-len(digits) // 4) * 4


def _inet(value: str) -> bytes:
    is_v6 = ":" in value
    address = socket.inet_pton(socket.AF_INET6 if is_v6 else socket.AF_INET, value)
    bits = len(address) * 8
    # family as PostgreSQL counts it (PGSQL_AF_INET is 2, PGSQL_AF_INET6 is 3), no network
    return _sized(pack(">BBBB", 3 if is_v6 else 2, bits, 0, len(address)) + address)


def _texts(value: Sequence[str]) -> bytes:
    if not value:
        return _sized(pack(">iii", 0, 0, _TEXT_OID))
    head = pack(">iiiii", 1, 0, _TEXT_OID, len(value), 1)  # one dimension, no nulls, from 1
    return _sized(head + b"".join(map(_text, value)))


_TEXT_OID = 25

_FIELD: Mapping[Kind, Callable[[Any], bytes]] = {
    "int4": lambda value: _INT4(4, value),
    "int8": lambda value: _INT8(8, value),
    "float8": lambda value: _FLOAT8(8, float(value)),
    "timestamptz": lambda value: _INT8(8, value - _SINCE_2000),
    "text": _text,
    "numeric": _numeric,
    "inet": _inet,
    "text[]": _texts,
    "jsonb": lambda value: _sized(b"\1" + value),  # the version of the format, then JSON
}


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
    encode = _ENCODE_VARIED.get(kind)
    if encode and len(set(head)) * 4 > len(head) and None not in values:
        return encode(values)
    # Few values, each many times (a CDN, a network, a price), or costly ones: encode each once.
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
    return _eight_bytes_each(array("q", values))


def _encode_float8s(values: Sequence[Any]) -> Parts:
    return _eight_bytes_each(array("d", map(float, values)))


def _eight_bytes_each(numbers: "array[Any]") -> Parts:
    if byteorder == "little":
        numbers.byteswap()
    return [[pack(">i", 8)] * len(numbers), unpack("8s" * len(numbers), numbers.tobytes())]


def _encode_timestamps(values: Sequence[int]) -> Parts:
    return _encode_int8s([value - _SINCE_2000 for value in values])


_ENCODE_VARIED: Mapping[Kind, Callable[[Sequence[Any]], Parts]] = {
    "text": _encode_texts,
    "int4": _encode_int4s,
    "int8": _encode_int8s,
    "float8": _encode_float8s,
    "timestamptz": _encode_timestamps,
}
