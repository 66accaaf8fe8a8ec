"""From the replay's topic into a sink, as a worker would, under the places that records had.

The sink's position is the place in the first topic of the record that was stored last. It moves
with the rows, so a replay that was killed goes on behind it; what is read again is passed over.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

from agents.halving import write_by_halves
from agents.patience import PatientSink
from app.replaying.marks import Mark, mark_of
from batching.once import Reading
from batching.topics import drop_before
from models.batches import Batch
from models.decode import Decoder
from models.positions import Position, TopicPartition
from models.records import RecordBatch
from models.streams import Stream
from sinks.base import Rejected, Sink
from sinks.kinds import Flush
from telemetry import fault_points

_AT_ONCE = 40_000
_NEVER = 2**62
"""No window begins then: totals are for pages, which a replay has none of."""

_DROP_EACH = 200_000
"""So many stored records make it worth while to tell Kafka that they are no longer needed."""


class ReplayedRecord(NamedTuple):
    """A record with the offset that it had in the first topic."""

    offset: int
    timestamp: int
    value: bytes | None


class Storer:
    """Stores one replay."""

    def __init__(
        self,
        *,
        broker: str,
        topic: str,
        replay: str,
        sink: Sink,
        begin_epoch: Callable[[TopicPartition, int], Awaitable[None]],
        target_topic: str,
        stream: Stream,
        decoder: Decoder,
        on_stored: Callable[[int], None],
        on_waiting: Callable[[str | None], None],
        flush: Flush,
    ) -> None:
        self._broker = broker
        self._topic = topic
        self._replay = replay
        self._encode = sink.encode
        self._begin = begin_epoch
        self._sink = PatientSink(sink, on_waiting, lambda _: _NEVER)
        self._target_topic = target_topic
        self._stream = stream
        self._decoder = decoder
        self._on_stored = on_stored
        self._flush = flush
        self.held: dict[TopicPartition, Position] = {}
        self._reached: dict[int, int] = {}
        self._since_drop = 0

    async def find_positions(self, partitions: Sequence[int]) -> None:
        tps = [TopicPartition(self._target_topic, number) for number in partitions]
        self.held = dict(await self._sink.positions(tps))

    async def run(self, last: Callable[[], dict[int, Mark] | None]) -> None:
        """Store until it has come to `last`, which says None while more is to come."""
        partitions = [tp.partition for tp in self.held]
        async with Reading.opened(self._broker, self._topic) as reading:
            await reading.start(await reading.begins(partitions))
            while (wanted := last()) is None or not self._has_reached(wanted):
                await self._store(await self._some(reading))

    async def _some(self, reading: Reading) -> dict[int, list[Any]]:
        """Read as much as is stored together, or all that has come."""
        until = time.monotonic() + self._flush.seconds
        found = more = await reading.some(_AT_ONCE)
        while more and time.monotonic() < until and self._is_small(found):
            more = await reading.some(_AT_ONCE)
            for partition, records in more.items():
                found.setdefault(partition, []).extend(records)
        return found

    def _is_small(self, found: Mapping[int, Sequence[Any]]) -> bool:
        if sum(map(len, found.values())) >= self._flush.records:
            return False
        weights = (len(one.value or b"") for records in found.values() for one in records)
        return sum(weights) < self._flush.size_bytes

    def _has_reached(self, wanted: dict[int, Mark]) -> bool:
        return all(self._held(number).place >= mark.place for number, mark in wanted.items())

    def _held(self, partition: int) -> Position:
        return self.held[TopicPartition(self._target_topic, partition)]

    async def _store(self, found: dict[int, list[Any]]) -> None:
        by_epoch: dict[int, list[RecordBatch]] = {}
        count = 0
        for partition, records in found.items():
            for epoch, some in self._new(partition, records).items():
                tp = TopicPartition(self._target_topic, partition)
                batch = RecordBatch(tp, some[0].offset, some[-1].offset + 1, some)
                by_epoch.setdefault(epoch, []).append(batch)
                count += len(some)
        for epoch in sorted(by_epoch):
            for batch in by_epoch[epoch]:
                await self._begin_epoch(batch.tp, epoch)
            await self._write(by_epoch[epoch])
        self._reached |= {
            partition: records[-1].offset for partition, records in found.items() if records
        }
        if count:
            self._on_stored(count)
            await self._drop_stored(count)

    def _new(self, partition: int, records: Sequence[Any]) -> dict[int, list[ReplayedRecord]]:
        """Give what is not stored yet, by epoch."""
        new: dict[int, list[ReplayedRecord]] = {}
        place = self._held(partition).place
        for one in records:
            mark = mark_of(one.headers)
            if mark is not None and mark.replay == self._replay and mark.place > place:
                place = mark.place
                record = ReplayedRecord(mark.offset, one.timestamp, one.value)
                new.setdefault(mark.epoch, []).append(record)
        return new

    async def _begin_epoch(self, tp: TopicPartition, epoch: int) -> None:
        if self.held[tp].epoch < epoch:
            await self._begin(tp, epoch)
            self.held |= await self._sink.positions([tp])

    async def _write(self, batches: Sequence[RecordBatch]) -> None:
        try:
            await self._write_batch([self._decoder.decode(one) for one in batches])
        except Rejected:
            for one in batches:
                await write_by_halves(one, self._write_one, self._refuse_one)

    async def _write_one(self, batch: RecordBatch) -> None:
        await self._write_batch([self._decoder.decode(batch)])

    async def _refuse_one(self, batch: RecordBatch, why: str) -> None:
        await self._write_batch([self._decoder.reject(batch, why)])

    async def _write_batch(self, decoded: Sequence[Any]) -> None:
        batch = Batch(self._stream)
        for one in decoded:
            batch.add(one, self._encode(one, self.held[one.tp].epoch))
        expected = {part.tp: self.held[part.tp] for part in batch.parts}
        await self._sink.write(batch, expected)
        fault_points.reach("before_live_tables")
        self.held.update(batch.positions(expected))

    async def _drop_stored(self, count: int) -> None:
        """Have Kafka forget what is stored, but for the last record: that says what was sent."""
        self._since_drop += count
        if self._since_drop >= _DROP_EACH:
            self._since_drop = 0
            await drop_before(self._broker, self._topic, self._reached)
