"""Records to Kafka, in whole batches, each counted when the broker has it for good.

aiokafka's `send` costs a future per record (25,000/s); its batch interface only an append.
"""

import asyncio
from asyncio import Future
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import Any, Protocol, Self, cast

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, KafkaError, KafkaTimeoutError

from generator.records import Outcome, Record
from generator.target import (
    REACH_SECONDS,
    BrokerUnreachable,
    Compression,
    Target,
    make_topic,
)

_BATCH_BYTES = 256 * 1024
_CLOSE_SECONDS = 3.0


class InDoubt(Exception):  # noqa: N818 - a state, told to who compares
    """Records were sent and never acknowledged: they may be stored or not."""


class Counted(Protocol):
    """Takes in what the broker has for good."""

    def add(self, outcomes: Iterable[Outcome]) -> None: ...


@dataclass(frozen=True, slots=True)
class Lane:
    """Where the records of one stream go, and where acknowledged ones are counted."""

    stream: str
    target: Target
    truth: Counted


class Place(Protocol):
    """What of a place's settings says where records go."""

    @property
    def broker(self) -> str: ...
    @property
    def topic_prefix(self) -> str: ...
    @property
    def topic_partitions(self) -> int: ...


def lanes_to(place: Place, compression: Compression, counted: Mapping[str, Counted]) -> list[Lane]:
    """Make a lane for each stream of `counted`, to the topic of its name."""
    return [
        Lane(
            stream,
            Target(
                place.broker, f"{place.topic_prefix}{stream}", place.topic_partitions, compression
            ),
            truth,
        )
        for stream, truth in counted.items()
    ]


@dataclass(slots=True)
class _OpenBatch:
    builder: Any
    outcomes: list[Outcome] = field(default_factory=list)


class Producer:
    """Sends records to the partition of their hash and adds acknowledged ones to the truth.

    All lanes lead to one broker. Exactly once in the topic: the idempotent protocol numbers
    batches, so the broker drops what a retry sends again, and aiokafka retries for ever instead of
    giving a batch up. (After 2^31 records to one partition aiokafka wraps that number where the
    broker does not, and fails.)
    """

    def __init__(self, lanes: Sequence[Lane]) -> None:
        self._lanes = lanes
        self._open: dict[str, list[_OpenBatch]] = {}
        self._in_flight = 0
        self._failed: BaseException | None = None

    async def __aenter__(self) -> Self:
        for lane in self._lanes:
            await make_topic(lane.target)
        target = self._lanes[0].target
        compression = None if target.compression == "none" else target.compression
        self._kafka = AIOKafkaProducer(
            bootstrap_servers=target.broker,
            acks="all",
            enable_idempotence=True,
            compression_type=compression,
            max_batch_size=_BATCH_BYTES,
            retry_backoff_ms=500,  # a broker that is away costs three lines of log each time
        )
        try:
            async with asyncio.timeout(REACH_SECONDS):
                await self._kafka.start()
        except (KafkaConnectionError, TimeoutError) as error:
            await self._kafka.stop()
            raise BrokerUnreachable(target.broker) from error
        # aiokafka's sender has to begin: closed before that, as where a run is stopped while it
        # starts, it raises CancelledError
        await asyncio.sleep(0)
        for lane in self._lanes:
            partitions = await self._kafka.partitions_for(lane.target.topic)
            self._open[lane.stream] = [self._new_batch() for _ in partitions]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Flush, unless something went wrong, and disconnect.

        Waits for a broker that is away as long as it takes, or until cancelled.
        """
        try:
            if kind is None:
                await self.send_open()
                await self._kafka.flush()
        finally:
            await self._disconnect()
        self._raise_failed()

    async def _disconnect(self) -> None:
        # stop() alone would wait for ever for what a dead broker did not take, and the sender for
        # 40 s for the answer of one that is frozen
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._kafka._sender.close()  # noqa: SLF001
        await self._kafka.stop()

    @property
    def in_flight(self) -> int:
        """How many records were sent and not acknowledged."""
        return self._in_flight

    async def send(self, lane: Lane, records: Iterable[Record], timestamp: int) -> None:
        """Send, all with one timestamp in milliseconds; waits while the broker is behind."""
        self._raise_failed()
        open_batches = self._open[lane.stream]
        partitions = len(open_batches)
        for record in records:
            partition = record.hash % partitions
            batch = open_batches[partition]
            if (
                batch.builder.append(timestamp=timestamp, key=record.key, value=record.value)
                is None
            ):
                await self._submit(lane, partition)
                batch = open_batches[partition]
                batch.builder.append(timestamp=timestamp, key=record.key, value=record.value)
            batch.outcomes.append(record.outcome)

    async def send_open(self) -> None:
        """Send batches that are not full too."""
        for lane in self._lanes:
            for partition, batch in enumerate(self._open[lane.stream]):
                if batch.outcomes:
                    await self._submit(lane, partition)

    async def flush(self) -> None:
        """Send all that was given, and wait until the broker has it."""
        await self.send_open()
        await self._kafka.flush()
        self._raise_failed()

    async def _submit(self, lane: Lane, partition: int) -> None:
        batches = self._open[lane.stream]
        batch, batches[partition] = batches[partition], self._new_batch()
        self._in_flight += len(batch.outcomes)
        sent = await self._enqueue(batch.builder, lane.target.topic, partition)
        sent.add_done_callback(partial(self._settle, lane.truth, batch.outcomes))

    async def _enqueue(self, builder: Any, topic: str, partition: int) -> Future[Any]:
        while True:
            try:
                return cast(
                    "Future[Any]", await self._kafka.send_batch(builder, topic, partition=partition)
                )
            except KafkaTimeoutError:
                continue  # the batch before it waits for the broker, so this one was not taken yet
            except KafkaError as error:
                raise InDoubt(f"Kafka refuses records: {error!r}") from error

    def _settle(self, truth: Counted, outcomes: Sequence[Outcome], sent: Future[Any]) -> None:
        if sent.cancelled():
            return
        if error := sent.exception():
            self._failed = error
            return
        self._in_flight -= len(outcomes)
        truth.add(outcomes)

    def _new_batch(self) -> _OpenBatch:
        return _OpenBatch(self._kafka.create_batch())

    def _raise_failed(self) -> None:
        if self._failed is not None:
            raise InDoubt(f"Kafka refused records: {self._failed!r}") from self._failed
