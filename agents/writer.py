"""From record batches to one write at a time, two deep: exactness lives here and in the sink.

The sink's positions are the truth. A writer takes partitions over by asking for them (`take_over`),
accepts only what follows on without a hole (`accept`), and gives everything up at once (`give_up`).
While one batch is being written the next is decoded and encoded; when that is full too, `accept`
waits, and with it the agent, the stream's buffer and the fetcher.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from batching.ending import end
from models.batches import Batch
from models.dead_letters import DeadLetter
from models.decode import Decoder
from models.positions import Position, Positions, TopicPartition
from models.records import RecordBatch
from models.streams import Stream
from sinks.base import Fenced, Since, Sink, SinkUnavailable, Totals
from telemetry import fault_points

logger = logging.getLogger(__name__)

T = TypeVar("T")

_FLUSH_BYTES = 8 * 1024 * 1024
_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 5.0


class NotNextError(Exception):
    """A batch does not begin where the one before it ended. Nothing of it was accepted.

    It was under way while the consumer was told to read elsewhere, or the topic is not what it was.
    """


class DeadLetters(Protocol):
    async def publish(self, letters: Sequence[DeadLetter]) -> None:
        """Return when the letters are published, however long that takes."""


class Observer(Protocol):
    """Who is told what happened. Called on the event loop: must not block."""

    def on_taken_over(self, positions: Positions, totals: Totals) -> None: ...
    def on_accepted(self, batch: RecordBatch) -> None: ...
    def on_stored(self, batch: Batch, totals: Totals) -> None: ...
    def on_given_up(self) -> None: ...
    def on_waiting(self, reason: str | None) -> None:
        """Tell why nothing can be stored now, and None when it goes on."""


@dataclass(slots=True)
class Backlog:
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
        backlog: Backlog,
        totals_since: Since,
    ) -> None:
        self._stream = stream
        self._topic = topic
        self._taking_over = asyncio.Lock()
        self._sink = sink
        self._decoder = decoder
        self._dead_letters = dead_letters
        self._observer = observer
        self._flush_records = flush_records
        self._backlog = backlog
        self._totals_since = totals_since
        self._stored: dict[TopicPartition, Position] = {}
        self._next_offset: dict[TopicPartition, int] = {}
        self._accepting: set[TopicPartition] = set()
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
            positions = await self._patiently(lambda: self._sink.positions(new))
            totals = await self._patiently(lambda: self._sink.totals(new, self._totals_since))
            self._stored.update(positions)
            self._observer.on_taken_over(positions, totals)

    def suspend(self, partitions: Iterable[TopicPartition]) -> None:
        """Accept nothing more of these partitions until `begin`."""
        self._accepting.difference_update(partitions)

    def begin(self, tp: TopicPartition, first_offset: int) -> int:
        """Begin to accept a partition, or go on with it; return where it has to be read from.

        That is `first_offset`, the first that is there, while nothing of it was ever accepted.
        """
        stored = self._stored[tp].last_offset
        if stored < 0 and not self._is_outstanding(tp):
            self._next_offset[tp] = first_offset
        self._accepting.add(tp)
        return self._next_offset.setdefault(tp, stored + 1)

    def stored(self) -> Positions:
        """Say how far each held partition is stored."""
        return dict(self._stored)

    def done_up_to(self) -> Mapping[TopicPartition, int]:
        """Say for each held partition the offset before which nothing is left to store."""
        return {
            tp: held.last_offset + 1 if self._is_outstanding(tp) else self._next_offset[tp]
            for tp, held in self._stored.items()
            if tp in self._next_offset
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
        expected = self._next_offset[batch.tp]
        if batch.start != expected:
            raise NotNextError(f"{batch.tp}: expected offset {expected}, came {batch.start}")
        self._observer.on_accepted(batch)
        decoded = self._decoder.decode(batch)
        rows = self._sink.encode(decoded, self._stored[batch.tp].epoch)
        try:
            self._pending.add(decoded, rows)
        except BaseException:
            self._take_pending()  # half added: nothing of it may be written
            raise
        self._backlog.size_bytes += decoded.size_bytes
        self._next_offset[batch.tp] = batch.end
        if self._full():
            await self.flush()

    async def flush(self) -> None:
        """Begin to write what is pending, after the write before it."""
        await self._written()
        if self._pending.records:
            batch = self._take_pending()
            self._unwritten = frozenset(part.tp for part in batch.parts)
            self._writing = asyncio.create_task(self._write(batch))

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

    def _take_pending(self) -> Batch:
        batch, self._pending = self._pending, Batch(self._stream)
        self._backlog.size_bytes -= batch.size_bytes
        return batch

    def _is_outstanding(self, tp: TopicPartition) -> bool:
        return tp in self._unwritten or any(part.tp == tp for part in self._pending.parts)

    async def _drop(self) -> None:
        # emptied first: the agent may wake up while this waits, and must find nothing to write
        self._take_pending()
        self._accepting.clear()
        self._next_offset.clear()
        writing, self._writing = self._writing, None
        if writing is not None:
            await end([writing])
        self._unwritten = frozenset()
        self._stored.clear()
        self._observer.on_given_up()

    def _full(self) -> bool:
        return (
            self._pending.records >= self._flush_records or self._backlog.size_bytes >= _FLUSH_BYTES
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

    async def _write(self, batch: Batch) -> None:
        expected = {part.tp: self._stored[part.tp] for part in batch.parts}
        # before the rows: published at least once, as a crash in between brings them here again
        await self._dead_letters.publish(batch.dead_letters)
        totals = await self._store(batch, expected)
        self._stored.update(batch.positions(expected))
        self._unwritten = frozenset()
        fault_points.reach("before_live_tables")
        self._observer.on_stored(batch, totals)

    async def _store(self, batch: Batch, expected: Positions) -> Totals:
        reached = batch.positions(expected)
        pauses = _Pauses(self._observer)
        while True:
            try:
                totals = await self._sink.write(batch, expected)
            except (SinkUnavailable, Fenced) as reason:
                await pauses.wait(reason)
            else:
                pauses.over()
                return totals
            # The answer to COMMIT may have been lost, and what was fenced may be fenced by that
            # very transaction: only the positions tell.
            held = await self._patiently(lambda: self._sink.positions(reached))
            if held == reached:
                pauses.over()
                return await self._patiently(lambda: self._sink.totals(reached, self._totals_since))
            if held != expected:
                raise Fenced(f"stored is {held}, expected was {expected}")

    async def _patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        pauses = _Pauses(self._observer)
        while True:
            try:
                answer = await ask()
            except SinkUnavailable as reason:
                await pauses.wait(reason)
            else:
                pauses.over()
                return answer


class _Pauses:
    """Longer and longer pauses while a sink is away."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._seconds = 0.0

    async def wait(self, reason: SinkUnavailable | Fenced) -> None:
        self._seconds = min(max(self._seconds * 2, _FIRST_PAUSE_SECONDS), _LONGEST_PAUSE_SECONDS)
        logger.warning("nothing is lost, next try in %.1f s: %s", self._seconds, reason)
        self._observer.on_waiting(str(reason))
        await asyncio.sleep(self._seconds)

    def over(self) -> None:
        if self._seconds:
            logger.info("the sink is back")
            self._observer.on_waiting(None)
