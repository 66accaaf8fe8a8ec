"""Reading back what the sink has written, object by object, in the order of the offsets."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import timedelta
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from models.positions import Position, TopicPartition
from models.streams import Stream
from models.validation import EPOCH as BEGIN
from sinks.base import SinkUnavailable
from sinks.history import Rows, Run, TimeSpan
from sinks.parquet.epochs import all_epochs
from sinks.parquet.finding import find
from sinks.parquet.keys import (
    WAITING,
    epoch_folder,
    first_offsets_in,
    is_object,
    partition_folder,
)
from sinks.parquet.objects import Objects

_PARTITION = "kafka_partition="
_ROWS = 5_000
_OFFSET = "kafka_offset"
_TIME = pa.timestamp("us", tz="UTC")


class _Object(NamedTuple):
    first_offset: int
    key: str


class ParquetHistory:
    """Holds one object at a time, and of a local one only what is looked at."""

    def __init__(self, objects: Objects, stream: Stream, topic: str, span: TimeSpan) -> None:
        self._objects = objects
        self._stream = stream
        self._topic = topic
        self._span = span
        self._ends: dict[Run, Position] = {}

    async def runs(self) -> Mapping[Run, Position]:
        ends: dict[Run, Position] = {}
        for epoch in await all_epochs(self._objects, self._topic):
            there = await self._partitions(epoch.number)
            for number in sorted(there | epoch.begun.keys()):
                held = await find(self._objects, TopicPartition(self._topic, number), epoch)
                # of an epoch in which nothing is stored yet, where it begins is where it ends
                if held.position.last_offset >= 0 or number in epoch.begun:
                    ends[Run(epoch.number, number)] = held.position
        if any(at.last_offset >= 0 for at in ends.values()):
            self._ends = ends
        return self._ends

    async def count(self) -> int:
        total = 0
        for run in self._ends:
            for key in await self._keys(run, -1):
                source = await self._objects.whole(key)
                total += await asyncio.to_thread(self._count, source)
        return total

    async def rows(self, run: Run, after: int) -> AsyncIterator[Rows]:
        end = self._ends[run].last_offset
        reached = after
        for key in await self._keys(run, after):
            source = await self._whole(key)
            reading = self._read(source, reached, end)
            while (rows := await asyncio.to_thread(next, reading, None)) is not None:
                reached = rows.offsets[-1]
                yield rows

    async def close(self) -> None:
        await self._objects.close()

    async def _keys(self, run: Run, after: int) -> list[str]:
        """Name the objects that hold offsets behind `after`, in their order."""
        found = await self._listed(run)
        if await self._objects.files(f"{self._topic}/{WAITING}") or found != await self._listed(
            run
        ):
            # while objects are exchanged, a listing may show neither the old ones nor the new one
            raise SinkUnavailable(
                f"{self._topic} is being compacted, or that was begun and did not end: let "
                "`headrace compact parquet --yes` end, then run the same again"
            )
        if not found:  # of an epoch that has begun, and nothing more
            return []
        last = self._ends[run].last_offset
        following = [one.first_offset for one in found[1:]] + [last + 1]
        return [
            one.key
            for one, behind in zip(found, following, strict=True)
            if behind > after + 1 and one.first_offset <= last
        ]

    async def _listed(self, run: Run) -> list[_Object]:
        tp = TopicPartition(self._topic, run.partition)
        listed = await self._objects.listed(partition_folder(tp, run.epoch))
        return sorted(_Object(first_offsets_in(key)[0], key) for key in listed if is_object(key))

    async def _whole(self, key: str) -> Any:
        try:
            return await self._objects.whole(key)
        except SinkUnavailable as error:
            if await self._objects.look(key) is not None:
                raise
            raise SinkUnavailable(
                f"{key} was there, and is gone: does `headrace compact` run? Let it end, then run "
                "the same again"
            ) from error

    async def _partitions(self, epoch: int) -> set[int]:
        names = await self._objects.folders(epoch_folder(self._topic, epoch))
        numbers = (name.removeprefix(_PARTITION) for name in names if name.startswith(_PARTITION))
        return {int(number) for number in numbers if number.isdecimal()}

    def _read(self, source: Any, after: int, end: int) -> Iterator[Rows]:
        file = pq.ParquetFile(source)
        there = [one.name for one in self._stream.columns if one.name in file.schema_arrow.names]
        groups = list(self._groups(file))
        if not groups:
            return
        batches = file.iter_batches(_ROWS, row_groups=groups, columns=[*there, _OFFSET])
        for batch in batches:
            kept = batch.filter(self._wanted(batch, after, end))
            if kept.num_rows:
                columns = {name: _values(kept.column(name)) for name in there}
                yield Rows(kept.column(_OFFSET).to_pylist(), columns)

    def _groups(self, file: pq.ParquetFile) -> Iterator[int]:
        """Pass over row groups whose statistics say that nothing in them is wanted."""
        place = file.schema_arrow.names.index(self._stream.event_time)
        begin, end = self._span.times
        for number in range(file.num_row_groups):
            told = file.metadata.row_group(number).column(place).statistics
            if told is None or not told.has_min_max or (told.min < end and told.max >= begin):
                yield number

    def _wanted(self, batch: pa.RecordBatch, after: int, end: int) -> pa.Array:
        offsets = batch.column(_OFFSET)
        in_order = pc.and_(pc.greater(offsets, after), pc.less_equal(offsets, end))
        return pc.and_(in_order, self._in_time(batch.column(self._stream.event_time)))

    def _in_time(self, times: pa.Array) -> pa.Array:
        begin, end = self._span.times
        kind = pa.timestamp("us", tz="UTC")
        return pc.and_(
            pc.greater_equal(times, pa.scalar(begin, kind)), pc.less(times, pa.scalar(end, kind))
        )

    def _count(self, source: Any) -> int:
        file = pq.ParquetFile(source)
        return sum(
            pc.sum(self._in_time(batch.column(0))).as_py() or 0
            for batch in file.iter_batches(65_536, columns=[self._stream.event_time])
        )


def _values(column: pa.Array) -> list[Any]:
    """Give a column's values; Arrow itself takes 1 us for a word and 3 us for a time."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if column.type != _TIME or column.null_count:
        return column.to_pylist()  # type: ignore[no-any-return]
    microseconds = column.cast(pa.int64()).to_pylist()
    return [BEGIN + timedelta(0, 0, one) for one in microseconds]
