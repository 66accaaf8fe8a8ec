"""Faust's consumer, with positions from the sink instead of from Kafka's committed offsets.

Faust's own commit cannot be used with batches: it counts the offsets between two messages as a gap
that includes the second message itself, and so commits batches that nobody acknowledged. Here
nobody acknowledges. Sample goes on from the sink's positions, which are stored with the data; what
is committed to Kafka only informs tools that show lag.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable, Mapping
from contextlib import suppress
from math import inf
from typing import Any, Protocol

from aiokafka.errors import IllegalStateError, KafkaError
from faust.exceptions import ConsumerNotStarted
from faust.transport.drivers.aiokafka import Consumer, Transport, server_list
from faust.types import TP, AppT
from yarl import URL

from batching.cancellation import cancel_and_wait
from batching.consumer_thread import ConsumerThread, Reach
from batching.fetch import batch_topics
from batching.producer import ChangelogProducer
from batching.scheduler import BatchScheduler
from batching.topic_identity import PartitionIdentity, TopicChangedError, check_identity
from models.positions import Positions, ReadTo, TopicPartition

GIVE_UP_SECONDS = 5.0
_KAFKA_PAUSE_SECONDS = 1.0
_LOOK_SECONDS = 15.0


class PositionStore(Protocol):
    """Who knows the positions (agents.writer.Writer)."""

    @property
    def topics(self) -> frozenset[str]: ...
    async def take_over(self, partitions: Iterable[TopicPartition]) -> None: ...
    def suspend(self, partitions: Iterable[TopicPartition]) -> None: ...
    def begin(self, tp: TopicPartition, identity: PartitionIdentity) -> int: ...
    async def keep_beginnings(self, partitions: Iterable[TopicPartition]) -> None: ...
    def skip(self, tp: TopicPartition, read_to: ReadTo) -> None: ...
    def done_up_to(self) -> Mapping[TopicPartition, int]: ...
    def stored(self) -> Positions: ...
    async def give_up(self, within_seconds: float) -> None: ...


class BatchConsumer(Consumer):
    """Takes partitions over from the position store's positions and hands them back to it."""

    _thread: ConsumerThread

    def __init__(self, transport: "BatchTransport", *args: Any, **kwargs: Any) -> None:
        self._position_store = transport.position_store
        self.topics = self._position_store.topics
        self._before_taking_over = transport.before_taking_over
        self._underway: set[asyncio.Task[None]] = set()
        self._looks: Counter[str] = Counter()
        self._holds_partitions = False
        self._informed: dict[TP, int] = {}
        super().__init__(transport, *args, **kwargs)
        self.scheduler = BatchScheduler()

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, owner=self, loop=self.loop, beacon=self.beacon)

    def reach(self, tp: TopicPartition, done: int) -> Reach | None:
        """Say what lies ahead of offset `done`; None where Kafka has said nothing of it yet."""
        try:
            return self._thread.reach(TP(*tp), done)
        except ConsumerNotStarted:
            return None

    def silent_seconds(self) -> float:
        """Say for how long Kafka has not answered anything."""
        try:
            return self._thread.silent_seconds()
        except ConsumerNotStarted:
            return inf

    async def spans_without(self, mine: Collection[TopicPartition]) -> dict[TopicPartition, Reach]:
        """Give first offset and end of the streams' partitions that others hold. Or KafkaError."""
        try:
            return await self._thread.spans(self.topics, mine)
        except ConsumerNotStarted:
            return {}

    async def look_ahead(self) -> None:
        """Ask Kafka where partitions end that have not been fetched from of late.

        Raises KafkaError and TimeoutError.
        """
        with suppress(ConsumerNotStarted):
            await self._thread.look_ahead()

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Seek the partitions of streams to where the position store says, others as Faust.

        The store may have to wait for its database, and Faust gives this call a time limit after
        which recovery ends without a word. So those partitions are paused, and a task takes them
        over in its own time.
        """
        offsets = dict(await super().seek_to_committed())
        mine = {tp for tp in self.assignment() if tp.topic in self.topics}
        # Faust's fetcher seeks between two assignments too, when records still come in: partitions
        # would be taken over then that somebody else may have by now.
        if self._holds_partitions:
            self.pause_partitions(mine)
            self._start(self._take_over(mine, set(self._underway)))
        return {tp: offset for tp, offset in offsets.items() if tp not in mine}

    def look_again(self, topic: str) -> None:
        """Find out whether a topic still is what is stored, then read on where that ends.

        Until then nothing of it is accepted.
        """
        held = self._suspend(topic)
        if held and self._holds_partitions:
            self.pause_partitions(TP(*tp) for tp in held)
            self._looks[topic] += 1
            self._start(self._look(topic, held, self._looks[topic]))

    def on_made_anew(self, topics: Collection[str]) -> None:
        """Stop: what is under way of these topics may be of the old ones or of the new ones."""
        self._stop_for(topics, f"made anew while it was read: {', '.join(sorted(topics))}")

    async def still_holds(self, tp: TopicPartition, read_to: ReadTo) -> bool:
        """Find out from Kafka, which has another leader, whether it holds what was read of `tp`.

        If not, the worker stops. Waits for Kafka as long as the partitions are held.
        """
        while self._holds_partitions:
            try:
                same_to = await self._thread.ask_same_to(tp, read_to)
            except KafkaError as error:
                self.log.warning("waiting for Kafka to say what %s holds: %r", tp.topic, error)
                await asyncio.sleep(_KAFKA_PAUSE_SECONDS)
                continue
            if same_to.offset >= read_to.offset:
                return True
            why = (
                f"Kafka lost records of {tp.topic}, partition {tp.partition}, from offset "
                f"{same_to.offset} on, that were read already; others stand in their place"
            )
            self._stop_for([tp.topic], why)
            break
        return False

    def _stop_for(self, topics: Collection[str], why: str) -> None:
        for topic in topics:
            self._suspend(topic)
        self._start(self._stop(why))

    async def _stop(self, why: str) -> None:
        raise TopicChangedError(f"{why}. Start the worker again: it says what has to be done.")

    def _suspend(self, topic: str) -> list[TopicPartition]:
        held = [tp for tp in self._position_store.stored() if tp.topic == topic]
        self._position_store.suspend(held)
        return held

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        self._holds_partitions = True
        await super().on_partitions_assigned(assigned, generation_id)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        self._holds_partitions = False
        await cancel_and_wait(frozenset(self._underway))
        try:
            await self._position_store.give_up(GIVE_UP_SECONDS)
        except Exception as error:  # noqa: BLE001 - aiokafka would log it and go on
            await self.crash(error)
        self._informed.clear()
        await super().on_partitions_revoked(revoked)

    def on_buffer_drop(self, tp: TP) -> None:
        """Read a partition again when its buffer has room, unless it is paused for a takeover."""
        if tp in self._paused_partitions:
            self._buffered_partitions.discard(tp)
        else:
            super().on_buffer_drop(tp)

    async def on_stop(self) -> None:
        self._holds_partitions = False
        await cancel_and_wait(frozenset(self._underway))
        await self._position_store.give_up(GIVE_UP_SECONDS)
        await super().on_stop()

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        # Gaps are for Faust's commit, which is not used; a tree of them took a tenth of the loop.
        del tp, offset_from, offset_to
        await asyncio.sleep(0)

    async def commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:  # noqa: FBT001, FBT002 - Faust's signature
        """Tell Kafka how far the sink has stored, and the position store what was skipped."""
        del topics, start_new_transaction
        done = {TP(*tp): offset for tp, offset in self._position_store.done_up_to().items()}
        for tp, offset in done.items():
            if (read_to := self._thread.skipped(tp, offset)) is not None:
                self._position_store.skip(TopicPartition(*tp), read_to)
        news = {tp: offset for tp, offset in done.items() if self._informed.get(tp) != offset}
        if news:
            try:
                await self._thread.inform(news)
            except KafkaError as error:
                self.log.info("Kafka does not know how far we are: %r", error)
            else:
                self._informed.update(news)
        return True

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._crash_if_it_fails(work))
        self._underway.add(task)
        task.add_done_callback(self._underway.discard)

    async def _crash_if_it_fails(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except IllegalStateError:
            self.log.info("partitions left again while they were taken over")
        except Exception as error:  # noqa: BLE001 - whatever it is, the worker must not go on
            await self.crash(error)

    async def _take_over(self, mine: Iterable[TP], before: set[asyncio.Task[None]]) -> None:
        await cancel_and_wait(before)
        await self._before_taking_over()
        for topic in self.topics:
            partitions = [TopicPartition(*tp) for tp in mine if tp.topic == topic]
            if partitions:
                self._start(self._take_topic_over(topic, partitions))

    async def _take_topic_over(self, topic: str, partitions: Iterable[TopicPartition]) -> None:
        await self._position_store.take_over(partitions)
        self.look_again(topic)

    async def _look(self, topic: str, partitions: Iterable[TopicPartition], number: int) -> None:
        identities = await self._check_identity(topic, partitions)
        if self._looks[topic] != number:
            return  # a later look has begun, and goes by what is so then
        begins = {
            TP(*tp): self._position_store.begin(tp, identity) for tp, identity in identities.items()
        }
        await self._position_store.keep_beginnings(partitions)
        await self.seek_wait(begins)
        if self._looks[topic] == number:
            self.resume_partitions({TP(*tp) for tp in partitions})

    async def _check_identity(
        self, topic: str, partitions: Iterable[TopicPartition]
    ) -> Mapping[TopicPartition, PartitionIdentity]:
        while True:
            look = asyncio.create_task(self._read_back(topic, partitions))
            try:
                if (await asyncio.wait([look], timeout=_LOOK_SECONDS))[0]:
                    return look.result()
                # aiokafka may wait for ever where a topic is deleted and made anew meanwhile
                self.log.warning("Kafka does not answer what %s holds; asking again", topic)
            except KafkaError as error:
                self.log.warning("waiting for Kafka to read %s back: %r", topic, error)
                await asyncio.sleep(_KAFKA_PAUSE_SECONDS)
            finally:
                await cancel_and_wait([look])

    async def _read_back(
        self, topic: str, partitions: Iterable[TopicPartition]
    ) -> Mapping[TopicPartition, PartitionIdentity]:
        broker = ",".join(server_list(self.transport.url, Transport.default_port))
        await self._thread.learn_ids([topic])
        stored = self._position_store.stored()
        return await check_identity(broker, {tp: stored[tp] for tp in partitions})


class BatchTransport(Transport):
    """Faust's transport with our consumer and producer; give it by `app.transport = ...`."""

    Consumer = BatchConsumer
    Producer = ChangelogProducer

    def __init__(
        self,
        url: list[URL],
        app: AppT,
        *,
        position_store: PositionStore,
        before_taking_over: Callable[[], Awaitable[None]],
    ) -> None:
        super().__init__(url, app)
        self.position_store = position_store
        self.before_taking_over = before_taking_over
        batch_topics(position_store.topics)
