"""Faust's consumer, with positions from the sink instead of from Kafka's committed offsets.

Faust's own commit cannot be used with batches: it counts the offsets between two messages as a gap
that includes the second message itself, and so commits batches that nobody acknowledged. Here
nobody acknowledges. Reading goes on from the sink's positions, which are stored with the data; what
is committed to Kafka only informs tools that show lag.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import IllegalStateError, KafkaError
from aiokafka.structs import OffsetAndMetadata
from aiokafka.structs import TopicPartition as KafkaPartition
from faust.transport.drivers.aiokafka import (
    AIOKafkaConsumerThread,
    Consumer,
    Transport,
    server_list,
)
from faust.types import TP, AppT
from yarl import URL

from batching.ending import end
from batching.fetch import batch_topics
from batching.lives import check_lives
from batching.scheduler import BatchScheduler
from models.positions import Positions, TopicPartition

GIVE_UP_SECONDS = 5.0
_KAFKA_PAUSE_SECONDS = 1.0
_LOOK_SECONDS = 15.0


class Keeper(Protocol):
    """Who knows the positions (agents.writer.Writer)."""

    @property
    def topics(self) -> frozenset[str]: ...
    async def take_over(self, partitions: Iterable[TopicPartition]) -> None: ...
    def begin(self, tp: TopicPartition, first_offset: int) -> int: ...
    def done_up_to(self) -> Mapping[TopicPartition, int]: ...
    def stored(self) -> Positions: ...
    async def give_up(self, within_seconds: float) -> None: ...


class _Thread(AIOKafkaConsumerThread):
    def _create_worker_consumer(self, transport: Transport) -> AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        # Faust ties this to its own transactions; records of aborted ones must never be counted
        consumer._isolation_level = "read_committed"  # noqa: SLF001
        return consumer

    async def inform(self, offsets: Mapping[TP, int]) -> None:
        """Commit offsets to Kafka, where they only inform."""
        await self.call_thread(self._inform, offsets)

    async def _inform(self, offsets: Mapping[TP, int]) -> None:
        assigned = self.assignment()
        await self._ensure_consumer().commit(
            {
                KafkaPartition(*tp): OffsetAndMetadata(offset, "")
                for tp, offset in offsets.items()
                if tp in assigned
            }
        )


class BatchConsumer(Consumer):
    """Takes partitions over from the keeper's positions and hands them back to it."""

    _thread: _Thread

    def __init__(self, transport: "BatchTransport", *args: Any, **kwargs: Any) -> None:
        self._keeper = transport.keeper
        self._before_taking_over = transport.before_taking_over
        self._takeovers: set[asyncio.Task[None]] = set()
        self._holds_partitions = False
        self._informed: dict[TP, int] = {}
        super().__init__(transport, *args, **kwargs)
        self.scheduler = BatchScheduler()

    def _new_consumer_thread(self) -> _Thread:
        return _Thread(self, loop=self.loop, beacon=self.beacon)

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Seek the partitions of streams to where the keeper says, and others as Faust does.

        The keeper may have to wait for its database, and Faust gives this call a time limit after
        which recovery ends without a word. So those partitions are paused, and a task takes them
        over in its own time.
        """
        offsets = dict(await super().seek_to_committed())
        mine = self.read_again()
        return {tp: offset for tp, offset in offsets.items() if tp not in mine}

    def read_again(self) -> set[TP]:
        """Begin to read streams from where the keeper wants them; returns their partitions.

        Not between two assignments: Faust's fetcher seeks then too, when records still come in, and
        partitions would be taken over that somebody else may have by now.
        """
        mine = {tp for tp in self.assignment() if tp.topic in self._keeper.topics}
        if self._holds_partitions:
            self.pause_partitions(mine)
            before = frozenset(self._takeovers)
            takeover = asyncio.create_task(self._take_over(mine, before))
            self._takeovers.add(takeover)
            takeover.add_done_callback(self._takeovers.discard)
        return mine

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        self._holds_partitions = True
        await super().on_partitions_assigned(assigned, generation_id)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        self._holds_partitions = False
        await end(frozenset(self._takeovers))
        try:
            await self._keeper.give_up(GIVE_UP_SECONDS)
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
        await end(frozenset(self._takeovers))
        await self._keeper.give_up(GIVE_UP_SECONDS)
        await super().on_stop()

    async def commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:  # noqa: FBT001, FBT002 - Faust's signature
        """Tell Kafka how far the sink has stored."""
        del topics, start_new_transaction
        done = {TP(*tp): offset for tp, offset in self._keeper.done_up_to().items()}
        news = {tp: offset for tp, offset in done.items() if self._informed.get(tp) != offset}
        if news:
            try:
                await self._thread.inform(news)
            except KafkaError as error:
                self.log.info("Kafka does not know how far we are: %r", error)
            else:
                self._informed.update(news)
        return True

    async def _take_over(self, mine: set[TP], before: frozenset[asyncio.Task[None]]) -> None:
        await end(before)
        try:
            await self._before_taking_over()
            await self._keeper.take_over([TopicPartition(*tp) for tp in mine])
            lives = await self._check_lives()
            await self.seek_wait(
                {TP(*tp): self._keeper.begin(tp, first) for tp, first in lives.items()}
            )
            self.resume_partitions(mine)
        except IllegalStateError:
            self.log.info("partitions left again while they were taken over")
        except Exception as error:  # noqa: BLE001 - whatever it is, the worker must not go on
            await self.crash(error)

    async def _check_lives(self) -> Mapping[TopicPartition, int]:
        broker = ",".join(server_list(self.transport.url, Transport.default_port))
        while True:
            look = asyncio.create_task(check_lives(broker, self._keeper.stored()))
            try:
                if (await asyncio.wait([look], timeout=_LOOK_SECONDS))[0]:
                    return look.result()
                # aiokafka may wait for ever where a topic is deleted and made anew meanwhile
                self.log.warning("Kafka does not answer what its topics hold; asking again")
            except KafkaError as error:
                self.log.warning("waiting for Kafka to read back the last records: %r", error)
                await asyncio.sleep(_KAFKA_PAUSE_SECONDS)
            finally:
                await end([look])


class BatchTransport(Transport):
    """Faust's transport with a BatchConsumer; give it to the app by `app.transport = ...`."""

    Consumer = BatchConsumer

    def __init__(
        self,
        url: list[URL],
        app: AppT,
        *,
        keeper: Keeper,
        before_taking_over: Callable[[], Awaitable[None]],
    ) -> None:
        super().__init__(url, app)
        self.keeper = keeper
        self.before_taking_over = before_taking_over
        batch_topics(keeper.topics)
