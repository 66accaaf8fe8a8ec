"""From columns to lines of JSON."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from math import isfinite
from typing import Any

import msgspec

from models.batches import DecodedBatch
from models.streams import Stream
from sinks.base import Rejected

_encode = msgspec.json.Encoder(decimal_format="string").encode


def encode_lines(stream: Stream, decoded: DecodedBatch, epoch: int) -> bytes:
    """Write a line for each row: the table's columns by name, and where the record came from.

    Times are RFC 3339 in UTC, exact decimals strings, fields that the contract does not know an
    object in `extra`.
    """
    names = [*stream.column_names, "kafka_offset", "kafka_partition", "epoch"]
    written = [
        map(_writer(column.kind), values)
        for column, values in zip(stream.columns, decoded.columns, strict=True)
    ]
    where = decoded.tp.partition, epoch
    rows: Iterator[tuple[Any, ...]] = zip(*written, decoded.offsets, strict=True)
    return b"".join(_encode(dict(zip(names, (*row, *where), strict=True))) + b"\n" for row in rows)


def _writer(kind: str) -> Callable[[Any], Any]:
    if kind == "timestamptz":
        return _time
    if kind == "jsonb":
        return _raw
    if kind == "float8":
        return _number
    return _as_it_is


def _time(microseconds: int | None) -> str | None:
    if microseconds is None:
        return None
    seconds, rest = divmod(microseconds, 1_000_000)
    try:
        moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest, tzinfo=None)
    except (ValueError, OverflowError):
        raise Rejected(f"a time {seconds} s from 1970 is not in the years 1 to 9999") from None
    return f"{moment.isoformat(timespec='microseconds')}Z"


def _raw(written: bytes | None) -> msgspec.Raw | None:
    if written is None:
        return None
    if b"\n" in written or b"\r" in written:  # as its producer laid it out; a row is one line
        written = msgspec.json.format(written, indent=-1)
    return msgspec.Raw(written)


def _number(value: float | None) -> float | None:
    if value is not None and not isfinite(value):
        raise Rejected(f"{value} is no number that JSON has")
    return value


def _as_it_is(value: Any) -> Any:
    return value
