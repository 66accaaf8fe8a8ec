"""The thread that aiokafka's consumer lives in: how it fetches, what it knows of partitions."""

import asyncio
import time
from collections.abc import Collection, Mapping
from math import inf
from typing import Any, NamedTuple, Protocol

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError, LeaderNotAvailableError
from aiokafka.structs import OffsetAndMetadata
from aiokafka.structs import TopicPartition as KafkaPartition
from faust.transport.consumer import ThreadDelegateConsumer
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Transport
from faust.types import TP

from batching.cancellation import stop_in_time
from batching.fetch import forget_skipped, skipped_from
from batching.leader_epochs import ask_epoch_ends
from batching.topic_ids import TopicIds
from models.positions import ReadTo, TopicPartition

_FETCH_BYTES = 16 * 1024 * 1024
_FETCH_AT_LEAST_BYTES = 256 * 1024
_FETCH_WAIT_MILLISECONDS = 100
_FRESH_SECONDS = 2.0
_LOOK_SECONDS = 1.5
"""aiokafka would ask for minutes; this thread does two things at a time, and fetching is one."""


def is_old(timestamp: int | None, now: float) -> bool:
    """Say whether a partition was last heard of a while ago: in milliseconds, now in seconds.

    One that was never fetched from is not; one that was heard of later than now is: the machine's
    clock was set back.
    """
    if timestamp is None:
        return False
    return not 0 <= now - timestamp / 1_000 <= _FRESH_SECONDS


class Reach(NamedTuple):
    """How far a partition could be stored: from `start`, where reading goes on, to `end`.

    Records of open transactions cannot be read, aborted ones never will be: neither counts.
    """

    start: int
    end: int

    @property
    def lag(self) -> int:
        return self.end - self.start


class ThreadOwner(Protocol):
    """The consumer whose thread this is (batching.consumer.BatchConsumer)."""

    @property
    def topics(self) -> frozenset[str]:
        """The topics of streams: their records are batched and their ids are watched."""

    def on_made_anew(self, topics: Collection[str]) -> None:
        """Stop: these topics were deleted and created again. Called on the event loop."""


class ConsumerThread(AIOKafkaConsumerThread):
    """Faust's, with settings that it has none for, and what only aiokafka's state tells."""

    def __init__(
        self, consumer: ThreadDelegateConsumer, owner: ThreadOwner, **options: Any
    ) -> None:
        """Take the consumer twice: as Faust knows it, and as what this thread needs of it."""
        super().__init__(consumer, **options)
        self._owner = owner

    def _create_worker_consumer(self, transport: Transport) -> AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        # Faust ties this to its own transactions; records of aborted ones must never be counted
        consumer._isolation_level = "read_committed"  # noqa: SLF001
        # Faust has no settings for these. aiokafka's own 50 MB, times a few, is a worker's memory;
        # and hundreds of answers a second, with a few records each, cost more than the records.
        consumer._fetch_max_bytes = _FETCH_BYTES  # noqa: SLF001
        consumer._fetch_min_bytes = _FETCH_AT_LEAST_BYTES  # noqa: SLF001
        consumer._fetch_max_wait_ms = _FETCH_WAIT_MILLISECONDS  # noqa: SLF001
        self._ids = TopicIds(consumer, self._owner.topics, self._on_made_anew)
        return consumer

    async def on_thread_stop(self) -> None:
        """Stop, and leave the group; a Kafka that does not answer finds out by itself."""
        await stop_in_time(super().on_thread_stop())

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Look after aiokafka alone: commits to Kafka, by which Faust would go, only inform here.

        That what is fetched is stored is told by lag, freshness and /readyz.
        """
        self._verify_aiokafka_event_path(now, tp)

    def _on_made_anew(self, topics: set[str]) -> None:
        self.parent_loop.call_soon_threadsafe(self._owner.on_made_anew, topics)

    async def ask_same_to(self, tp: TopicPartition, read_to: ReadTo) -> ReadTo:
        """Say how far Kafka holds what was read: `read_to` if it cannot say. Raises KafkaError."""
        return await self.call_thread(self._ask_same_to, tp, read_to)  # type: ignore[no-any-return]

    async def _ask_same_to(self, tp: TopicPartition, read_to: ReadTo) -> ReadTo:
        client = self._ensure_consumer()._client  # noqa: SLF001
        leader = client.cluster.leader_for_partition(KafkaPartition(*tp))
        try:
            if leader is None or leader < 0:
                raise LeaderNotAvailableError(f"{tp} has no leader")
            found = await ask_epoch_ends(client.send, leader, {tp: read_to})
        except KafkaError:
            client.force_metadata_update()  # who leads may be another by now
            raise
        return found.get(tp, read_to)

    async def spans(
        self, topics: Collection[str], without: Collection[TopicPartition]
    ) -> dict[TopicPartition, Reach]:
        """Give the first offset and the end of what can be read of all other partitions.

        Raises KafkaError.
        """
        return await self.call_thread(self._spans, topics, without)  # type: ignore[no-any-return]

    async def _spans(
        self, topics: Collection[str], without: Collection[TopicPartition]
    ) -> dict[TopicPartition, Reach]:
        consumer = self._ensure_consumer()
        asked = [
            KafkaPartition(topic, number)
            for topic in topics
            for number in consumer.partitions_for_topic(topic) or ()
            if (topic, number) not in without
        ]
        if not asked:
            return {}
        starts = await consumer.beginning_offsets(asked)
        ends = await consumer.end_offsets(asked)
        return {TopicPartition(*tp): Reach(starts[tp], ends[tp]) for tp in asked}

    async def look_ahead(self) -> None:
        """Ask Kafka for the ends of partitions that nothing has been fetched of for a while.

        What waits for a sink that is away is not fetched, and its lag has to be told nevertheless.
        Raises KafkaError and TimeoutError.
        """
        await self.call_thread(self._look_ahead)

    async def _look_ahead(self) -> None:
        consumer = self._ensure_consumer()
        assignment = consumer._subscription.subscription.assignment  # noqa: SLF001
        if assignment is None:
            return
        states = {tp: assignment.state_value(tp) for tp in assignment.tps}
        leader_of, now = consumer._client.cluster.leader_for_partition, time.time()  # noqa: SLF001
        old = {
            tp: state
            for tp, state in states.items()
            if tp.topic in self._owner.topics
            and is_old(state.timestamp, now)
            and leader_of(tp) not in {None, -1}  # the answer for the others would wait for it
        }
        if not old:
            return
        async with asyncio.timeout(_LOOK_SECONDS):
            ends = await consumer.end_offsets(list(old))
        for tp, end in ends.items():
            state = old[tp]
            state.lso = max(end, state.lso or 0)
            state.timestamp = int(time.time() * 1_000)

    async def learn_ids(self, topics: Collection[str]) -> None:
        """Take the topics' present ids for those of the topics that are stored."""
        await self.call_thread(self._ids.learn, topics)

    def reach(self, tp: TP, done: int) -> Reach | None:
        """Say what lies ahead of offset `done`; None before Kafka has said anything of it."""
        assignment = self._ensure_consumer()._subscription.subscription.assignment  # noqa: SLF001
        if assignment is None or tp not in assignment.tps:
            return None
        state = assignment.state_value(KafkaPartition(*tp))
        if state.timestamp is None:
            return None
        end = state.highwater if state.lso is None or state.lso < 0 else state.lso
        skipped = skipped_from(state, done)
        start = skipped.offset if skipped else done
        return Reach(start, max(end, start))

    def skipped(self, tp: TP, done: int) -> ReadTo | None:
        """Say how far nothing but aborted records and markers lies behind offset `done`."""
        assignment = self._ensure_consumer()._subscription.subscription.assignment  # noqa: SLF001
        if assignment is None or tp not in assignment.tps:
            return None
        return skipped_from(assignment.state_value(KafkaPartition(*tp)), done)

    async def _seek_wait(self, consumer: AIOKafkaConsumer, partitions: Mapping[TP, int]) -> None:
        assignment = consumer._subscription.subscription.assignment  # noqa: SLF001
        for tp in partitions:
            if assignment is not None and tp in assignment.tps:
                forget_skipped(assignment.state_value(KafkaPartition(*tp)))
        await super()._seek_wait(consumer, partitions)

    def silent_seconds(self) -> float:
        """Say for how long no broker has answered anything, heartbeats included."""
        connections = list(self._ensure_consumer()._client._conns.values())  # noqa: SLF001
        heard = [connection._last_action for connection in connections]  # noqa: SLF001
        return time.monotonic() - max(heard) if heard else inf

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
