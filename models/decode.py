"""From record batches to columns and dead letters. Bad bytes never raise."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import repeat
from operator import floordiv, sub
from typing import Any

from models.batches import DecodedBatch
from models.dead_letters import DeadLetter
from models.parsing import Reader, Values
from models.records import Record, RecordBatch, weight
from models.refusals import of_sink
from models.streams import Stream
from models.validation import (
    EPOCH,
    FIRST_KEPT,
    LAST_KEPT,
    MICROSECOND,
    Limits,
    Refused,
    dead_letter,
    judge_time,
)

_MILLISECOND = 1_000
_SECOND = 1_000_000
_TOGETHER = 250
"""So many records are decoded without a look at each."""


class Decoder:
    """Decodes the batches of one stream. Holds no state between batches."""

    def __init__(self, stream: Stream, limits: Limits) -> None:
        self._limits = limits
        self._reader = Reader(stream, limits)
        self._width = len(stream.columns)
        self._times = [
            place for place, column in enumerate(stream.columns) if column.kind == "timestamptz"
        ]
        self._time = stream.column_names.index(stream.event_time)

    def decode(self, batch: RecordBatch) -> DecodedBatch:
        """Decode a batch: each record ends as a row or as a dead letter."""
        records, rows, refused = self._rows(batch)
        columns = self._columns(rows)
        timestamps = [record.timestamp for record in records]
        if self._any_out_of_time(timestamps, columns[self._time]):
            records, rows = self._refuse_by_time(batch, records, rows, refused)
            columns = self._columns(rows)
            timestamps = [record.timestamp for record in records]
        last = batch.last
        return DecodedBatch(
            tp=batch.tp,
            offsets=[record.offset for record in records],
            columns=columns,
            dead_letters=refused,
            timestamps=timestamps,
            size_bytes=weight(batch.records),
            last_offset=last.offset,
            last_timestamp=last.timestamp,
            read_to=batch.read_to,
        )

    def reject(self, batch: RecordBatch, why: str) -> DecodedBatch:
        """Make a dead letter of each record, whatever it says: a sink will never take it."""
        refusal = Refused("rejected_by_sink", *of_sink(why))
        return replace(
            self.decode(batch),
            offsets=[],
            columns=self._columns([]),
            timestamps=[],
            dead_letters=[dead_letter(batch.tp, record, refusal) for record in batch.records],
        )

    def _rows(self, batch: RecordBatch) -> tuple[list[Record], list[Values], list[DeadLetter]]:
        records: list[Record] = []
        rows: list[Values] = []
        refused: list[DeadLetter] = []
        left = [
            batch.records[begin : begin + _TOGETHER]
            for begin in range(0, len(batch.records), _TOGETHER)
        ]
        left.reverse()
        while left:
            some = left.pop()
            read = self._reader.all_good([record.value for record in some])
            if read is not None:
                records.extend(some)
                rows.extend(read)
            elif len(some) > 1:  # halves, and theirs: one that is bad costs its neighbours little
                middle = len(some) // 2
                left += [some[middle:], some[:middle]]
            else:
                self._read_one(batch, some[0], (records, rows, refused))
        return records, rows, refused

    def _read_one(
        self,
        batch: RecordBatch,
        record: Record,
        into: tuple[list[Record], list[Values], list[DeadLetter]],
    ) -> None:
        records, rows, refused = into
        try:
            row = self._reader.one(record.value)
        except Refused as refusal:
            refused.append(dead_letter(batch.tp, record, refusal))
        else:
            records.append(record)
            rows.append(row)

    def _columns(self, rows: Sequence[Values]) -> list[Sequence[Any]]:
        if not rows:
            return [()] * self._width
        columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
        for place in self._times:
            columns[place] = _microseconds(columns[place])
        return columns

    def _any_out_of_time(self, stamps: Sequence[int], times: Sequence[int]) -> bool:
        if not stamps:
            return False
        first, last = min(times), max(times)
        if not FIRST_KEPT <= first <= last <= LAST_KEPT:
            return True
        earliest, latest = min(stamps) * _MILLISECOND, max(stamps) * _MILLISECOND
        return latest >= 0 and (
            last - earliest > self._limits.skew_seconds * _SECOND
            or latest - first > self._limits.retention_seconds * _SECOND
        )

    def _refuse_by_time(
        self,
        batch: RecordBatch,
        records: Sequence[Record],
        rows: Sequence[Values],
        refused: list[DeadLetter],
    ) -> tuple[list[Record], list[Values]]:
        kept: tuple[list[Record], list[Values]] = ([], [])
        for record, row in zip(records, rows, strict=True):
            time = (row[self._time] - EPOCH) // MICROSECOND
            refusal = judge_time(time, record.timestamp, self._limits)
            if refusal is None:
                kept[0].append(record)
                kept[1].append(row)
            else:
                refused.append(dead_letter(batch.tp, record, refusal))
        return kept


def _microseconds(times: Iterable[datetime]) -> list[int]:
    since_1970 = map(sub, times, repeat(EPOCH))
    return list(map(floordiv, since_1970, repeat(MICROSECOND)))
