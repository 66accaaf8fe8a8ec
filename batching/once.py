"""Records that are in Kafka once, whatever is killed when: transactions, and looking for them.

A transactional id belongs to one piece of work. Who begins with it again ends what another process
had open with it, and from then on nothing of that process is taken any more, not even what is still
on its way. So what is committed after `Once.opened` has returned is all that there ever will be of
it, and can be looked for.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple, Self

import aiokafka
import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import (
    InvalidProducerEpoch,
    KafkaConnectionError,
    KafkaError,
    MessageSizeTooLargeError,
    ProducerFenced,
)

from batching.cancellation import unswallowed
from batching.fetch import batch_topics
from batching.transactions import look_at_what_was_not_sent
from config.environment import PlainError
from models.positions import TopicPartition

_BATCH_BYTES = 256 * 1024
_CONNECT_SECONDS = 10.0
_FENCED_SECONDS = 120.0
"""Kafka answers a new process only once the old one's transaction is ended."""

_POLL_MS = 500

Headers = list[tuple[str, bytes]]
Sent = tuple[TopicPartition, int]
"""Where a record is, and its offset."""


class OvertakenError(PlainError):
    """Another process does the same work now. What was not committed is not there."""


class NotTakenError(PlainError):
    """Kafka does not take it. Nothing of the transaction is there."""


class Outgoing(msgspec.Struct, gc=False):
    """One record to send; `timestamp` is in milliseconds since 1970."""

    partition: int
    value: bytes | None
    timestamp: int
    headers: Headers


class Found(NamedTuple):
    """A record that is there."""

    partition: int
    offset: int
    timestamp: int
    value: bytes | None
    headers: Headers


class Once:
    """A producer with a transactional id."""

    def __init__(self, producer: AIOKafkaProducer, broker: str) -> None:
        self._producer = producer
        self._broker = broker

    @classmethod
    @asynccontextmanager
    async def opened(cls, broker: str, transactional_id: str) -> AsyncIterator[Self]:
        """Take the id over from whoever had it. Raises NotTakenError where no broker answers."""
        producer = AIOKafkaProducer(
            bootstrap_servers=broker,
            transactional_id=transactional_id,
            acks="all",
            compression_type="zstd",  # not lz4: aiokafka has it at level 9 alone
            max_batch_size=_BATCH_BYTES,
        )
        try:
            try:
                async with asyncio.timeout(_FENCED_SECONDS):
                    await unswallowed(producer.start())
            except (KafkaConnectionError, TimeoutError):
                raise NotTakenError(f"no Kafka broker answers at {broker}") from None
            yield cls(producer, broker)
        finally:
            await _stop(producer)

    async def send(self, topic: str, records: Iterable[Outgoing]) -> list[Sent]:
        """Send records in one transaction; say where each is, once all are there for good.

        Raises OvertakenError and NotTakenError. After any other error nobody knows whether they
        are there: a new `Once` does.
        """
        try:
            async with self._producer.transaction():
                batches: list[tuple[int, asyncio.Future[Any]]] = []
                for partition, size, batch in self._batches(records):
                    future = await self._producer.send_batch(batch, topic, partition=partition)
                    future.add_done_callback(_looked_at)
                    batches.append((size, future))
                sent = [(size, await future) for size, future in batches]
        except (ProducerFenced, InvalidProducerEpoch):
            raise OvertakenError(
                f"another command sends to {topic} now. Run this again when that has ended"
            ) from None
        except MessageSizeTooLargeError:
            raise NotTakenError(
                f"{topic} takes no record of this size (max.message.bytes)"
            ) from None
        except KafkaError as error:
            if isinstance(error.__cause__, ProducerFenced):
                raise OvertakenError(f"another command sends to {topic} now") from None
            raise NotTakenError(f"Kafka at {self._broker}: {error!r}. Run this again") from None
        return [
            (TopicPartition(topic, one.partition), one.offset + nth)
            for size, one in sent
            for nth in range(size)
        ]

    def _batches(self, records: Iterable[Outgoing]) -> list[tuple[int, int, Any]]:
        """Put records, in their order, into batches: partition, how many, batch."""
        made: list[tuple[int, Any]] = []
        current = -1
        for one in records:
            if one.partition != current or not _append(made[-1][1], one):
                current = one.partition
                made.append((current, self._producer.create_batch()))
                _append(made[-1][1], one)
        return [(partition, batch.record_count(), batch) for partition, batch in made]


def _append(batch: Any, one: Outgoing) -> bool:
    appended = batch.append(key=None, value=one.value, timestamp=one.timestamp, headers=one.headers)
    return appended is not None


class Reading:
    """Reads what is committed, of partitions that one names, without a group."""

    def __init__(self, consumer: AIOKafkaConsumer, broker: str, topic: str) -> None:
        self._consumer = consumer
        self._broker = broker
        self._topic = topic

    @classmethod
    @asynccontextmanager
    async def opened(cls, broker: str, topic: str) -> AsyncIterator[Self]:
        """Connect; raises NotTakenError where no broker answers."""
        batch_topics([topic])  # records as they are, without an object of Python's for each
        consumer = AIOKafkaConsumer(
            bootstrap_servers=broker,
            group_id=None,
            enable_auto_commit=False,
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=4 * 1024 * 1024,
        )
        try:
            try:
                async with asyncio.timeout(_CONNECT_SECONDS):
                    await unswallowed(consumer.start())
            except (KafkaConnectionError, TimeoutError):
                raise NotTakenError(f"no Kafka broker answers at {broker}") from None
            yield cls(consumer, broker, topic)
        finally:
            await unswallowed(consumer.stop())

    async def ends(self, partitions: Iterable[int]) -> dict[int, int]:
        """Say where each partition ends, what is not committed yet included."""
        looking = AIOKafkaConsumer(bootstrap_servers=self._broker, group_id=None)
        try:
            await looking.start()
            found = await looking.end_offsets([self._tp(number) for number in partitions])
        finally:
            await unswallowed(looking.stop())
        return {tp.partition: offset for tp, offset in found.items()}

    async def begins(self, partitions: Iterable[int]) -> dict[int, int]:
        found = await self._consumer.beginning_offsets([self._tp(one) for one in partitions])
        return {tp.partition: offset for tp, offset in found.items()}

    async def start(self, offsets: Mapping[int, int]) -> None:
        """Begin to read these partitions, from these offsets on."""
        self._consumer.assign([self._tp(number) for number in offsets])
        for number, offset in offsets.items():
            self._consumer.seek(self._tp(number), offset)

    async def some(self, most: int | None = None) -> dict[int, list[Any]]:
        """Give what has come, by partition; nothing when nothing has for a while."""
        some = self._consumer.getmany(timeout_ms=_POLL_MS, max_records=most)
        found = await unswallowed(some)
        return {tp.partition: records for tp, records in found.items()}

    async def position(self, partition: int) -> int:
        return int(await self._consumer.position(self._tp(partition)))

    async def between(self, begins: Mapping[int, int], ends: Mapping[int, int]) -> list[Found]:
        """Give the records from `begins` up to `ends`, however long a transaction is open there."""
        wanted = {number: at for number, at in begins.items() if at < ends[number]}
        if not wanted:
            return []
        await self.start(wanted)
        found: list[Found] = []
        while True:
            for number, records in (await self.some()).items():
                found += [
                    Found(number, one.offset, one.timestamp, one.value, one.headers)
                    for one in records
                    if one.offset < ends[number]
                ]
            if all([await self.position(number) >= ends[number] for number in wanted]):
                return found

    def _tp(self, partition: int) -> Any:
        return aiokafka.TopicPartition(self._topic, partition)


async def _stop(producer: AIOKafkaProducer) -> None:
    # stop() waits for ever for what a broker that is gone did not acknowledge
    stopping = asyncio.ensure_future(producer.stop())
    await asyncio.wait([stopping], timeout=5.0)
    stopping.cancel()
    await asyncio.gather(stopping, return_exceptions=True)  # told already where it was overtaken
    ended = producer._txn_manager._transaction_waiter  # noqa: SLF001
    if ended is not None:
        ended.add_done_callback(_looked_at)
    look_at_what_was_not_sent(producer)


def _looked_at(future: asyncio.Future[Any]) -> None:
    """Keep asyncio from logging, with a traceback, what `send` tells in words."""
    if not future.cancelled():
        future.exception()
