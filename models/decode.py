"""From record batches to columns and dead letters. Bad bytes never raise."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import repeat
from operator import floordiv, sub
from typing import Any, cast

import msgspec
from msgspec.structs import astuple
from pydantic import ValidationError

from models.batches import DecodedBatch
from models.contract import struct_of
from models.dead_letters import DeadLetter, Reason
from models.fold import fold
from models.records import Record, RecordBatch
from models.streams import Stream

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIRST_TIME = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND
_LAST_TIME = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND
_MILLISECOND = 1_000
_SECOND = 1_000_000
_TOGETHER = 250
"""So many records are decoded without a look at each; one bad one costs so many a second look."""

_ESCAPED_NUL = b"\\u0000"
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, TypeError)


@dataclass(frozen=True, slots=True)
class Limits:
    """What makes a well-formed event a dead letter; all three are properties of the record."""

    skew_seconds: int = 60
    """How far the event time may lie ahead of the record's timestamp."""

    retention_seconds: int = 60 * 86_400
    """How far it may lie behind."""

    event_bytes: int = 1_048_576


class _Refused(Exception):  # noqa: N818 - carries a verdict, raised and caught in this module
    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


class Decoder:
    """Decodes the batches of one stream. Holds no state between batches."""

    def __init__(self, stream: Stream, limits: Limits) -> None:
        self._stream = stream
        self._limits = limits
        self._struct = struct_of(stream.event)
        self._fast = msgspec.json.Decoder(self._struct).decode
        names = [column.name for column in stream.columns]
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
            deltas=fold(
                self._stream.windows,
                batch.tp.partition,
                columns[self._time],
                dict(zip(self._names, columns, strict=True)),
            ),
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
                except _Refused as refusal:
                    refused.append(_dead_letter(batch, record, refusal))
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
            return self._slow(value)
        try:
            value.decode()
            return self._fast(value)
        except _UNREADABLE:
            return self._slow(value)

    def _slow(self, value: bytes | None) -> Any:
        """Read with the contract itself; raises _Refused with what a person needs to know."""
        if value is None:
            raise _Refused("malformed", "no value (a tombstone)")
        if len(value) > self._limits.event_bytes:
            raise _Refused(
                "too_large", f"{len(value)} bytes, allowed are {self._limits.event_bytes}"
            )
        try:
            msgspec.json.decode(value)
        except RecursionError:
            raise _Refused("malformed", "nested too deeply") from None
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            # a number out of range is JSON all the same: the contract says what it thinks of it
            if not isinstance(error, msgspec.ValidationError):
                raise _Refused("malformed", str(error)) from None
        try:
            event = self._stream.event.model_validate_json(value)
            # made as it is: the contract has spoken, and msgspec is not asked a second time
            return self._struct(**{name: getattr(event, name) for name in self._names})
        except ValidationError as error:
            raise _Refused(_reason(error), _explain(error)) from None

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
            time = (getattr(event, self._stream.event_time) - _EPOCH) // _MICROSECOND
            refusal = self._out_of_time(record.timestamp, time)
            if refusal is None:
                kept[0].append(record)
                kept[1].append(event)
            else:
                refused.append(_dead_letter(batch, record, refusal))
        return kept

    def _out_of_time(self, timestamp: int, time: int) -> _Refused | None:
        if not _FIRST_TIME <= time <= _LAST_TIME:
            return _Refused("invalid", "event time: not in the years 1 to 9999, in UTC")
        if timestamp < 0:
            return None  # a record without a timestamp cannot be judged, at any replay
        ahead = (time - timestamp * _MILLISECOND) / _SECOND
        if ahead > self._limits.skew_seconds:
            return _Refused(
                "from_the_future",
                f"event time {ahead:.0f} s after the record's, allowed are "
                f"{self._limits.skew_seconds} s",
            )
        if -ahead > self._limits.retention_seconds:
            return _Refused(
                "expired",
                f"event time {-ahead:.0f} s before the record's, kept are "
                f"{self._limits.retention_seconds} s",
            )
        return None


def _microseconds(times: Iterable[datetime]) -> list[int]:
    since_1970 = map(sub, times, repeat(_EPOCH))
    return list(map(floordiv, since_1970, repeat(_MICROSECOND)))


def _dead_letter(batch: RecordBatch, record: Record, refusal: _Refused) -> DeadLetter:
    return DeadLetter(
        topic=batch.tp.topic,
        partition=batch.tp.partition,
        offset=record.offset,
        timestamp=record.timestamp,
        reason=refusal.reason,
        detail=_storable(refusal.detail),
        payload=record.value,
    )


def _reason(error: ValidationError) -> Reason:
    unreadable = error.errors(include_url=False)[0]["type"] == "json_invalid"
    return "malformed" if unreadable else "invalid"


def _explain(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(str(part) for part in item['loc']) or 'event'}: {item['msg']}"
        for item in error.errors(include_url=False, include_context=False, include_input=False)
    )


def _storable(detail: str) -> str:
    # an error may quote the input: NUL and lone surrogates, which no database takes, and megabytes
    return detail[:1_000].encode(errors="replace").decode().replace("\0", "\\0")
