"""From the replay's topic into a sink, as a worker would, under the places that records had.

The sink's position is the place in the first topic of the record that was stored last. It moves
with the rows, so a replay that was killed goes on behind it; what is read again is passed over.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from agents.halving import write_by_halves
from agents.patience import PatientSink
from app.replaying.marks import Mark, place_of
from batching.cancellation import cancel_and_wait
from batching.once import Reading
from batching.topics import drop_before
from models.batches import Batch, DecodedBatch
from models.decode import Decoder
from models.positions import Position, TopicPartition
from models.records import RecordBatch
from models.streams import Stream
from sinks.base import Rejected, Sink
from sinks.kinds import Flush
from telemetry import fault_points

_AT_ONCE = 20_000
_NEVER = 2**62
"""No window begins then: totals are for pages, which a replay has none of."""

_DROP_EACH = 200_000
"""So many stored records make it worth while to tell Kafka that they are no longer needed."""


class ReplayedRecord(msgspec.Struct, gc=False):
    """A record with the offset that it had in the first topic."""

    offset: int
    timestamp: int
    value: bytes | None


class _Life(NamedTuple):
    """Records of one life of the topic; `decoded` is None where the sink rejects any of them."""

    epoch: int
    batches: list[RecordBatch]
    decoded: Batch | None


class _Ready(NamedTuple):
    """What is to be stored, and up to which record of the replay's topic that was read."""

    reached: dict[int, int]
    lives: list[_Life]


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
        self._replay = replay.encode()
        self._encode = sink.encode
        self._begin = begin_epoch
        self._sink = PatientSink(sink, on_waiting, lambda _: _NEVER)
        self._target_topic = target_topic
        self._stream = stream
        self._decoder = decoder
        self._on_stored = on_stored
        self._flush = flush
        self.held: dict[TopicPartition, Position] = {}
        self._places: dict[int, tuple[int, int]] = {}
        """Up to where each partition was read."""
        self._reached: dict[int, int] = {}
        self._since_drop = 0

    async def find_positions(self, partitions: Sequence[int]) -> None:
        tps = [TopicPartition(self._target_topic, number) for number in partitions]
        self.held = dict(await self._sink.positions(tps))

    async def run(self, last: Callable[[], dict[int, Mark] | None]) -> None:
        """Store until it has come to `last`, which says None while more is to come.

        What comes next is read and decoded while what was decoded is written.
        """
        partitions = [tp.partition for tp in self.held]
        self._places = {tp.partition: at.place for tp, at in self.held.items()}
        writing: list[asyncio.Task[None]] = []
        async with Reading.opened(self._broker, self._topic) as reading:
            await reading.start(await reading.begins(partitions))
            try:
                while (wanted := last()) is None or not self._has_reached(wanted):
                    # in a thread: the loop has a COPY to feed, and Kafka
                    ready = await asyncio.to_thread(self._ready, await self._some(reading))
                    await asyncio.gather(*writing)
                    writing = [asyncio.create_task(self._store(ready))]
                await asyncio.gather(*writing)
            finally:
                await cancel_and_wait(writing)

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
        return all(self._places[number] >= mark.place for number, mark in wanted.items())

    def _ready(self, found: dict[int, list[Any]]) -> _Ready:
        """Decode what is not stored yet."""
        reached = {partition: some[-1].offset for partition, some in found.items() if some}
        by_epoch: dict[int, list[RecordBatch]] = {}
        for partition, records in found.items():
            for epoch, some in self._new(partition, records).items():
                tp = TopicPartition(self._target_topic, partition)
                batch = RecordBatch(tp, some[0].offset, some[-1].offset + 1, some)
                by_epoch.setdefault(epoch, []).append(batch)
        lives = [
            _Life(epoch, some, self._decoded(some, epoch))
            for epoch, some in sorted(by_epoch.items())
        ]
        return _Ready(reached, lives)

    def _new(self, partition: int, records: Sequence[Any]) -> dict[int, list[ReplayedRecord]]:
        """Give what was not read before, by epoch."""
        new: dict[int, list[ReplayedRecord]] = {}
        place = self._places[partition]
        for one in records:
            at = place_of(one.headers, self._replay)
            if at is not None and at > place:
                place = epoch, offset = at
                record = ReplayedRecord(offset, one.timestamp, one.value)
                new.setdefault(epoch, []).append(record)
        self._places[partition] = place
        return new

    def _decoded(self, batches: Sequence[RecordBatch], epoch: int) -> Batch | None:
        """Decode; give None for what the sink rejects: it is looked at record by record."""
        made = Batch(self._stream)
        try:
            for one in batches:
                decoded = self._decoder.decode(one)
                made.add(decoded, self._encode(decoded, epoch))
        except Rejected:
            return None
        return made

    async def _store(self, ready: _Ready) -> None:
        count = 0
        for life in ready.lives:
            for batch in life.batches:
                await self._begin_epoch(batch.tp, life.epoch)
                count += len(batch.records)
            await self._write(life)
        self._reached |= ready.reached
        if count:
            self._on_stored(count)
            await self._drop_stored(count)

    async def _begin_epoch(self, tp: TopicPartition, epoch: int) -> None:
        if self.held[tp].epoch < epoch:
            await self._begin(tp, epoch)
            self.held |= await self._sink.positions([tp])

    async def _write(self, life: _Life) -> None:
        if life.decoded is not None:
            try:
                await self._write_batch(life.decoded)
            except Rejected:
                pass
            else:
                return
        for one in life.batches:
            await write_by_halves(one, self._write_one, self._refuse_one)

    async def _write_one(self, batch: RecordBatch) -> None:
        await self._write_decoded(self._decoder.decode(batch))

    async def _refuse_one(self, batch: RecordBatch, why: str) -> None:
        await self._write_decoded(self._decoder.reject(batch, why))

    async def _write_decoded(self, decoded: DecodedBatch) -> None:
        batch = Batch(self._stream)
        batch.add(decoded, self._encode(decoded, self.held[decoded.tp].epoch))
        await self._write_batch(batch)

    async def _write_batch(self, batch: Batch) -> None:
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
