"""From record batches to columns and dead letters. Bad bytes never raise."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import repeat
from operator import floordiv, sub
from typing import Any, cast

import msgspec
from msgspec.structs import astuple

from models.batches import DecodedBatch
from models.contract import struct_of
from models.dead_letters import DeadLetter
from models.records import Record, RecordBatch
from models.refusals import (
    EPOCH,
    FIRST_TIME,
    LAST_TIME,
    MICROSECOND,
    Limits,
    Refused,
    dead_letter,
    judge_time,
    read,
)
from models.streams import Stream

_MILLISECOND = 1_000
_SECOND = 1_000_000
_TOGETHER = 250
"""So many records are decoded without a look at each; one bad one costs so many a second look."""

_ESCAPED_NUL = b"\\u0000"
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, TypeError)


class Decoder:
    """Decodes the batches of one stream. Holds no state between batches."""

    def __init__(self, stream: Stream, limits: Limits) -> None:
        self._stream = stream
        self._limits = limits
        self._struct = struct_of(stream.event)
        self._fast = msgspec.json.Decoder(self._struct).decode
        names = stream.column_names
        self._names = names
        self._time = names.index(stream.event_time)

    def decode(self, batch: RecordBatch) -> DecodedBatch:
        """Decode a batch: each record ends as a row or as a dead letter."""
        records, events, refused = self._events(batch)
        columns = self._columns(events)
        timestamps = [record.timestamp for record in records]
        if self._any_out_of_time(timestamps, columns[self._time]):
            records, events = self._refuse_by_time(batch, records, events, refused)
            columns = self._columns(events)
            timestamps = [record.timestamp for record in records]
        last = batch.last
        return DecodedBatch(
            tp=batch.tp,
            offsets=[record.offset for record in records],
            columns=columns,
            dead_letters=refused,
            timestamps=timestamps,
            size_bytes=sum(len(record.value or b"") for record in batch.records),
            last_offset=last.offset,
            last_timestamp=last.timestamp,
        )

    def _events(self, batch: RecordBatch) -> tuple[list[Record], list[Any], list[DeadLetter]]:
        records: list[Record] = []
        events: list[Any] = []
        refused: list[DeadLetter] = []
        for begin in range(0, len(batch.records), _TOGETHER):
            some = batch.records[begin : begin + _TOGETHER]
            decoded = self._all_good([record.value for record in some])
            if decoded is not None:
                records.extend(some)
                events.extend(decoded)
                continue
            for record in some:
                try:
                    event = self._event(record.value)
                except Refused as refusal:
                    refused.append(dead_letter(batch.tp, record, refusal))
                else:
                    records.append(record)
                    events.append(event)
        return records, events, refused

    def _all_good(self, values: Sequence[bytes | None]) -> list[Any] | None:
        """Decode values without looking at each in Python; None where one needs a look."""
        if None in values:
            return None
        present = cast("list[bytes]", values)
        joined = b"\n".join(present)
        # the longest is not longer than all together: looked for only where it could matter
        is_small = len(joined) <= self._limits.event_bytes
        if _ESCAPED_NUL in joined or not (is_small or self._are_small(present)):
            return None
        try:
            if not joined.isascii():
                joined.decode()  # `fast` does not look into unknown fields
            return list(map(self._fast, present))
        except _UNREADABLE:
            return None

    def _are_small(self, values: Iterable[bytes | None]) -> bool:
        return all(len(value or b"") <= self._limits.event_bytes for value in values)

    def _event(self, value: bytes | None) -> Any:
        if value is None or not self._are_small([value]) or _ESCAPED_NUL in value:
            return self._read(value)
        try:
            value.decode()
            return self._fast(value)
        except _UNREADABLE:
            return self._read(value)

    def _read(self, value: bytes | None) -> Any:
        event = read(self._stream.event, value, self._limits)
        # made as it is: the contract has spoken, and msgspec is not asked a second time
        return self._struct(**{name: getattr(event, name) for name in self._names})

    def _columns(self, events: Sequence[Any]) -> list[Sequence[Any]]:
        if not events:
            return [() for _ in self._names]
        columns: list[Sequence[Any]] = list(zip(*map(astuple, events), strict=True))
        columns[self._time] = _microseconds(columns[self._time])
        return columns

    def _any_out_of_time(self, stamps: Sequence[int], times: Sequence[int]) -> bool:
        if not stamps:
            return False
        earliest, latest = min(stamps) * _MILLISECOND, max(stamps) * _MILLISECOND
        return (
            max(times) - earliest > self._limits.skew_seconds * _SECOND
            or latest - min(times) > self._limits.retention_seconds * _SECOND
            or min(times) < FIRST_TIME
            or max(times) > LAST_TIME
        )

    def _refuse_by_time(
        self,
        batch: RecordBatch,
        records: Sequence[Record],
        events: Sequence[Any],
        refused: list[DeadLetter],
    ) -> tuple[list[Record], list[Any]]:
        kept: tuple[list[Record], list[Any]] = ([], [])
        for record, event in zip(records, events, strict=True):
            time = (getattr(event, self._stream.event_time) - EPOCH) // MICROSECOND
            refusal = judge_time(time, record.timestamp, self._limits)
            if refusal is None:
                kept[0].append(record)
                kept[1].append(event)
            else:
                refused.append(dead_letter(batch.tp, record, refusal))
        return kept


def _microseconds(times: Iterable[datetime]) -> list[int]:
    since_1970 = map(sub, times, repeat(EPOCH))
    return list(map(floordiv, since_1970, repeat(MICROSECOND)))
