"""From record batches to one write at a time, two deep: exactness lives here and in the sink.

The sink's positions are the truth. A writer takes partitions over by asking for them (`take_over`),
accepts only what follows on without a hole (`accept`), and gives everything up at once (`give_up`).
While one batch is being written the next is decoded and encoded; when that is full too, `accept`
waits, and with it the agent, the stream's buffer and the fetcher.

Where the sink will never take a batch, its records are read again, and stored by halves, until the
one that is to blame is a dead letter: no record stops a worker, and none waits in memory for that.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from agents.halving import write_by_halves
from agents.patience import PatientSink
from agents.protocols import DeadLetters, Observer
from agents.publishing import Publishing
from batching.cancellation import cancel_and_wait
from batching.topic_identity import PartitionIdentity
from models.batches import Batch, DecodedBatch
from models.decode import Decoder
from models.positions import Position, Positions, ReadTo, TopicPartition
from models.records import RecordBatch
from models.streams import Stream
from sinks.base import Fenced, Rejected, Since, Sink, SinkUnavailable
from telemetry import fault_points

logger = logging.getLogger(__name__)

_FLUSH_BYTES = 8 * 1024 * 1024


class NotNextError(Exception):
    """A batch does not begin where the one before it ended. Nothing of it was accepted.

    It was under way while the consumer was told to read elsewhere, or the topic is not what it was.
    """


@dataclass(slots=True)
class PendingBytes:
    """What all writers of a worker hold for their next writes: one that is busy may use it all."""

    size_bytes: int = 0


class Writer:
    """Writes one stream to one sink."""

    def __init__(
        self,
        *,
        stream: Stream,
        topic: str,
        sink: Sink,
        decoder: Decoder,
        dead_letters: DeadLetters,
        observer: Observer,
        flush_records: int,
        flush_bytes: int = _FLUSH_BYTES,
        pending_bytes: PendingBytes,
        totals_since: Since,
        read_again: Callable[[], None],
        begins_at_end: bool = False,
    ) -> None:
        """`read_again` makes the consumer read on from where each partition is stored.

        With `begins_at_end` a partition of which nothing is stored begins with what comes next,
        unless it was added to a topic that was stored before.
        """
        self._stream = stream
        self._topic = topic
        self._taking_over = asyncio.Lock()
        self._encode = sink.encode
        self._sink = PatientSink(sink, observer.on_waiting, totals_since)
        self._decoder = decoder
        self._letters = Publishing(dead_letters)
        self._observer = observer
        self._flush_records = flush_records
        self._flush_bytes = flush_bytes
        self._pending_bytes = pending_bytes
        self._read_again = read_again
        self._begins_at_end = begins_at_end
        self._added: frozenset[TopicPartition] = frozenset()
        self._stored: dict[TopicPartition, Position] = {}
        self._read_to: dict[TopicPartition, ReadTo] = {}
        self._notes: dict[TopicPartition, Position] = {}
        self._accepting: set[TopicPartition] = set()
        self._suspect_up_to: dict[TopicPartition, int] = {}
        self._pending = Batch(stream)
        self._writing: asyncio.Task[None] | None = None
        self._unwritten: frozenset[TopicPartition] = frozenset()

    @property
    def topics(self) -> frozenset[str]:
        return frozenset({self._topic})

    async def take_over(self, partitions: Iterable[TopicPartition]) -> None:
        """Learn where partitions stand, waiting for the sink as long as it takes.

        Nothing of them is accepted before `begin`.
        """
        async with self._taking_over:
            new = [tp for tp in partitions if tp not in self._stored]
            if not new:
                return
            positions = await self._sink.positions(new)
            totals = await self._sink.totals(new)
            if self._begins_at_end:
                self._added |= await self._added_later(positions)
            self._stored.update(positions)
            self._observer.on_taken_over(positions, totals)

    def suspend(self, partitions: Iterable[TopicPartition]) -> None:
        """Accept nothing more of these partitions until `begin`."""
        self._accepting.difference_update(partitions)

    def begin(self, tp: TopicPartition, identity: PartitionIdentity) -> int:
        """Begin to accept a partition, or go on with it; return where it has to be read from.

        That is the first offset that is there, while nothing of it was ever accepted.
        """
        held = self._stored[tp]
        if not self._is_outstanding(tp):
            stored = held.read_to if held.last_offset >= 0 else self._beginning(tp, identity)
            self._read_to[tp] = identity.same_to or stored
        known = self._known(held, identity, self._read_to[tp])
        if known != held:
            self._notes[tp] = self._stored[tp] = known
        self._accepting.add(tp)
        return self._read_to[tp].offset

    async def keep_beginnings(self, partitions: Iterable[TopicPartition]) -> None:
        """Store where partitions begin of which nothing is stored, before they are read.

        Else what comes between a first start and a first write would be passed over, where a
        worker that was killed in between begins with what comes next.
        """
        beginnings = {
            tp: self._notes[tp]
            for tp in partitions
            if self._begins_at_end and tp in self._notes and self._notes[tp].last_offset < 0
        }
        if beginnings:
            await self._sink.keep(beginnings)
            self._notes = {tp: at for tp, at in self._notes.items() if tp not in beginnings}

    def unconfirmed(self, batch: RecordBatch) -> ReadTo | None:
        """Say what must still be so before `batch` is accepted: Kafka's leader is another now.

        None where nothing is open. That batch is accepted only by who has found out.
        """
        known = self._read_to.get(batch.tp)
        if batch.tp not in self._accepting or known is None or known.offset != batch.start:
            return None  # not accepted anyway
        if known.leader_epoch is None or (batch.leader_epoch or 0) <= known.leader_epoch:
            return None
        return known

    def skip(self, tp: TopicPartition, read_to: ReadTo) -> None:
        """Take note that no records lie between what is stored of a partition and `read_to`."""
        held = self._stored[tp]
        if held.last_offset >= 0 and held.read_to.offset < read_to.offset:
            self._notes[tp] = held._replace(
                next_offset=read_to.offset, leader_epoch=read_to.leader_epoch
            )

    def stored(self) -> Positions:
        """Say how far each held partition is stored."""
        return dict(self._stored)

    def done_up_to(self) -> Mapping[TopicPartition, int]:
        """Say for each held partition the offset before which nothing is left to store."""
        return {
            tp: (held.read_to if self._is_outstanding(tp) else self._read_to[tp]).offset
            for tp, held in self._stored.items()
            if tp in self._read_to
        }

    @property
    def has_work(self) -> bool:
        """Whether something was accepted and is not stored yet."""
        return bool(self._unwritten or self._pending.records)

    async def accept(self, batch: RecordBatch) -> None:
        """Decode a batch and have it written soon; waits while two writes are outstanding.

        Raises whatever made a write fail for good, and NotNextError.
        """
        if batch.tp not in self._accepting:
            return  # given up, or to be read again
        expected = self._read_to[batch.tp].offset
        if batch.start != expected:
            raise NotNextError(f"{batch.tp}: expected offset {expected}, came {batch.start}")
        self._observer.on_accepted(batch)
        is_suspect = batch.start <= self._suspect_up_to.get(batch.tp, -1)
        if is_suspect or not self._add_to_pending(batch):
            await self._flush_by_halves(batch)
        elif self._full():
            await self.flush()

    async def flush(self) -> None:
        """Begin to write what is pending, after the write before it."""
        await self._written()
        if self._pending.records:
            batch = self._take_pending()
            self._unwritten = frozenset(part.tp for part in batch.parts)
            self._writing = asyncio.create_task(self._write_or_look_closer(batch))
        elif self._notes:
            self._writing = asyncio.create_task(self._note())

    async def flush_if_idle(self) -> None:
        """Begin to write what is pending, unless a write is under way: then that one is enough."""
        if self._writing is None or self._writing.done():
            await self.flush()

    async def give_up(self, within_seconds: float) -> None:
        """Hand all partitions back: write what was accepted if that is quick, drop it otherwise.

        What is dropped is read again by whoever takes over, from the sink's positions.
        """
        self._accepting.clear()
        fault_points.reach("during_revoke")
        try:
            async with asyncio.timeout(within_seconds):
                await self.flush()
                await self._written()
        except TimeoutError:
            logger.warning("gave up partitions with unwritten records; they will be read again")
        except Fenced as reason:
            logger.warning("gave up partitions that another worker already has: %s", reason)
        finally:
            await self._drop()

    def _beginning(self, tp: TopicPartition, identity: PartitionIdentity) -> ReadTo:
        """Say where a partition is read from of which nothing is stored."""
        held = self._stored[tp]
        if held.next_offset is not None:  # by `headrace epoch new`, or by `keep_beginnings`
            return ReadTo(max(held.next_offset, identity.first), None)
        begins_at_end = self._begins_at_end and tp not in self._added
        return ReadTo(identity.end if begins_at_end else identity.first, None)

    async def _added_later(self, positions: Positions) -> frozenset[TopicPartition]:
        """Give partitions that the topic did not have when the sink was new.

        Kafka adds them behind the others, and a worker hears of it minutes later: what came in
        between is none of what a new sink passes over.
        """
        new = [tp for tp, at in positions.items() if at.last_offset < 0 and at.next_offset is None]
        before = range(max((tp.partition for tp in new), default=0))
        found = await self._sink.positions([TopicPartition(self._topic, one) for one in before])
        first = min((tp.partition for tp, at in found.items() if at.last_offset >= 0), default=None)
        return frozenset(tp for tp in new if first is not None and tp.partition > first)

    def _known(self, held: Position, identity: PartitionIdentity, read_to: ReadTo) -> Position:
        """Give the position with what is known of it beside its place."""
        if held.topic_id is None and identity.topic_id is not None:
            held = held._replace(topic_id=identity.topic_id)
        if self._begins_at_end and held.last_offset < 0 and held.next_offset is None:
            held = held._replace(next_offset=read_to.offset)
        return held

    def _add_to_pending(self, batch: RecordBatch) -> bool:
        decoded = self._decoder.decode(batch)
        try:
            rows = self._encode(decoded, self._stored[batch.tp].epoch)
            self._pending.add(decoded, rows)
        except Rejected:  # by `encode`: nothing was added
            return False
        except BaseException:
            self._take_pending()  # half added: nothing of it may be written
            raise
        self._pending_bytes.size_bytes += decoded.size_bytes
        self._read_to[batch.tp] = batch.read_to
        return True

    async def _flush_by_halves(self, batch: RecordBatch) -> None:
        await self.flush()
        await self._written()
        if batch.tp not in self._accepting or batch.start != self._read_to[batch.tp].offset:
            return  # given up meanwhile, or to be read again
        self._read_to[batch.tp] = batch.read_to
        self._unwritten = frozenset({batch.tp})
        self._writing = asyncio.create_task(self._write_by_halves(batch))

    def _take_pending(self) -> Batch:
        batch, self._pending = self._pending, Batch(self._stream)
        self._pending_bytes.size_bytes -= batch.size_bytes
        return batch

    def _is_outstanding(self, tp: TopicPartition) -> bool:
        return tp in self._unwritten or any(part.tp == tp for part in self._pending.parts)

    async def _drop(self) -> None:
        # emptied first: the agent may wake up while this waits, and must find nothing to write
        self._take_pending()
        self._accepting.clear()
        self._read_to.clear()
        self._notes.clear()
        self._suspect_up_to.clear()
        self._letters.forget()
        writing, self._writing = self._writing, None
        if writing is not None:
            await cancel_and_wait([writing])
        self._unwritten = frozenset()
        self._stored.clear()
        self._observer.on_given_up()

    def _full(self) -> bool:
        return (
            self._pending.records >= self._flush_records
            or self._pending_bytes.size_bytes >= self._flush_bytes
        )

    async def _written(self) -> None:
        # a loop: whoever waited here too may have begun the next write meanwhile
        while (writing := self._writing) is not None:
            await asyncio.wait([writing])
            if writing.cancelled():
                return  # given up
            writing.result()  # what made it fail is raised to all who wait, until it is given up
            if self._writing is writing:
                self._writing = None

    async def _write_or_look_closer(self, batch: Batch) -> None:
        try:
            await self._write(batch)
        except Rejected as reason:
            logger.warning(
                "reading %d records again, to store all others: %s", batch.records, reason
            )
            self._suspect_up_to |= {part.tp: part.last_offset for part in batch.parts}
            for tp in {part.tp for part in (*batch.parts, *self._pending.parts)}:
                self._accepting.discard(tp)
                self._read_to.pop(tp, None)
            self._take_pending()
            self._read_again()
        self._unwritten = frozenset()

    async def _write_by_halves(self, batch: RecordBatch) -> None:
        async def write(some: RecordBatch) -> None:
            await self._write(self._made(self._decoder.decode(some)))

        async def refuse(one: RecordBatch, why: str) -> None:
            await self._write(self._made(self._decoder.reject(one, why)))

        await write_by_halves(batch, write, refuse)
        self._unwritten = frozenset()

    def _made(self, decoded: DecodedBatch) -> Batch:
        batch = Batch(self._stream)
        batch.add(decoded, self._encode(decoded, self._stored[decoded.tp].epoch))
        return batch

    async def _write(self, batch: Batch) -> None:
        expected = {part.tp: self._stored[part.tp] for part in batch.parts}
        # before the rows: published at least once, as a crash in between brings them here again
        await self._letters.publish(batch)
        totals = await self._sink.write(batch, expected)
        self._stored.update(batch.positions(expected))
        fault_points.reach("before_live_tables")
        self._observer.on_stored(batch, totals)

    async def _note(self) -> None:
        held = self._stored
        self._notes = {tp: at for tp, at in self._notes.items() if at.place == held[tp].place}
        notes = dict(self._notes)
        with suppress(SinkUnavailable):  # again with the next flush
            if notes:
                await self._sink.note(notes)
            held.update(notes)
            self._notes = {tp: at for tp, at in self._notes.items() if notes.get(tp) != at}
