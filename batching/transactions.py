"""Records of a source to Kafka, and in the same transaction the resume point that they reach.

Kafka's transactional id is the source's: who opens last fences whoever had it before, and settles
what that one left behind. The resume point is a record of the compacted topic `headrace.sources`,
keyed by the source's name. Read committed, records and resume point are one thing.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import Awaitable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import (
    KafkaError,
    MessageSizeTooLargeError,
    ProducerFenced,
    RecordTooLargeError,
)

from batching.topics import create_missing, largest_batch
from config.environment import PlainError
from telemetry import fault_points

RESUME_TOPIC = "headrace.sources"
"""Behind the place's prefix. Deleting it makes every source begin anew."""

_COMPACTED = {
    "cleanup.policy": "compact",
    # small and soon closed segments: only closed ones are compacted, and all of it is read at start
    "segment.bytes": str(8 * 1024 * 1024),
    "segment.ms": "600000",
    "min.cleanable.dirty.ratio": "0.1",
}
_PACKING_BYTES = 32
"""What zstd adds to a small batch that cannot be packed, and more; to a large one it adds less."""
_BATCH_BYTES = 512 * 1024
"""Before it is packed. aiokafka sends a batch when the partition's last one is acknowledged."""
_LARGEST_BYTES = 32 * 1024 * 1024
_TRANSACTION_SECONDS = 15
"""After it the broker gives up what a process left open that never came back."""
_CLOSE_SECONDS = 3.0
_NO_HEADERS: list[tuple[str, bytes]] = []
_PATIENCE_SECONDS = 20.0
"""For a commit: the broker has given the transaction up by then."""
_CONNECT_SECONDS = 10.0


class SourceFenced(PlainError):  # noqa: N818 - a signal: another process is ahead
    """Another process runs this source now, or this one was away for too long: stop."""


class ResumePointError(PlainError):
    """What stands under the source's name was not written by it: where to read on is unknown."""


@dataclass(frozen=True, slots=True)
class SourcePlace:
    """Where the records of one source go, and under which name its resume point is kept."""

    broker: str
    topic: str
    resume_topic: str
    name: str
    partitions: int
    replicas: int

    @property
    def transactional_id(self) -> str:
        return f"{self.resume_topic}.{self.name}"


@dataclass(frozen=True, slots=True)
class Sealed:
    """What one transaction brings: whole batches by partition, and the resume point they reach."""

    batches: Mapping[int, Sequence[Any]]
    resume: bytes
    records: int
    size_bytes: int


class _Filling:
    """A record batch while it is filled.

    Records are put into what aiokafka's batch wraps: its own `append` takes twice as long, for
    serializers that are not there (0.5 us for 0.25).
    """

    __slots__ = ("_batch", "count", "put")

    def __init__(self, kafka: AIOKafkaProducer) -> None:
        self._batch = kafka.create_batch()
        self.put = self._batch._builder.append  # noqa: SLF001
        self.count = 0

    def closed(self) -> Any:
        """Give the batch, ready to be sent."""
        self._batch._relative_offset = self.count  # noqa: SLF001
        self._batch.close()
        return self._batch


class SourceTopic:
    """Takes records for the next transaction, also while the one before it is being committed.

    One commit at a time. After any error it is only good for `close`.
    """

    def __init__(self, place: SourcePlace) -> None:
        self._place = place
        self._kafka: AIOKafkaProducer | None = None
        self._open: list[_Filling] = []
        self._full: dict[int, list[Any]] = defaultdict(list)
        self._turn = 0
        self.pending_records = 0
        self.pending_bytes = 0

    async def open(self) -> dict[str, Any]:
        """Fence whoever had this source, and give the resume point that is committed.

        Makes missing topics. Raises KafkaError and TimeoutError where the broker cannot be reached,
        and SourceFenced.
        """
        place = self._place
        async with asyncio.timeout(_CONNECT_SECONDS):
            await create_missing(place.broker, {place.topic: place.partitions}, place.replicas, {})
            await create_missing(place.broker, {place.resume_topic: 1}, place.replicas, _COMPACTED)
            largest = await largest_batch(place.broker, place.topic) or _BATCH_BYTES
        self._kafka = AIOKafkaProducer(
            bootstrap_servers=place.broker,
            transactional_id=place.transactional_id,
            transaction_timeout_ms=_TRANSACTION_SECONDS * 1_000,
            # not lz4: aiokafka has it at level 9 alone, 2.5 us an event instead of 0.6, and larger
            compression_type="zstd",
            # what cannot be packed becomes a little larger by trying
            max_batch_size=min(_BATCH_BYTES, largest - largest // 50 - _PACKING_BYTES),
            max_request_size=_LARGEST_BYTES,
            retry_backoff_ms=500,  # a broker that is away costs lines of log each time
        )
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await self._kafka.start()
            await asyncio.sleep(0)  # closed before its sender has begun, aiokafka raises
            with _fencing():
                async with self._kafka.transaction():
                    pass  # which asks for the epoch, and so settles the past
            count = len(await self._kafka.partitions_for(place.topic))
            self._open = [_Filling(self._kafka) for _ in range(count)]
            return await self._resume_point()

    def add(self, records: Sequence[tuple[bytes, bytes | None, int]]) -> None:
        """Take records: value, key, timestamp in milliseconds. Nothing is sent yet.

        Those of one key go to one partition, as librdkafka and the generator choose it.
        """
        batches, count = self._open, len(self._open)
        size = 0
        for value, key, timestamp in records:
            size += len(value)
            if key is None:
                partition = self._turn
            else:
                partition = crc32(key) % count
                size += len(key)
            batch = batches[partition]
            if batch.put(batch.count, timestamp, key, value, _NO_HEADERS) is None:
                self._close_batch(partition)
                if key is None:
                    partition = self._turn = (self._turn + 1) % count
                batch = batches[partition]
                batch.put(batch.count, timestamp, key, value, _NO_HEADERS)
            batch.count += 1
        self.pending_bytes += size
        self.pending_records += len(records)

    def seal(self, resume: Mapping[str, Any]) -> Sealed:
        """End a transaction's records here: with all that was taken, and where it reaches.

        What is added from now on is of the next one.
        """
        for partition in range(len(self._open)):
            self._close_batch(partition)
        said = json.dumps({"format": 1, "resume": dict(resume)}).encode()
        sealed = Sealed(self._full, said, self.pending_records, self.pending_bytes)
        self._full = defaultdict(list)
        self.pending_records = self.pending_bytes = 0
        return sealed

    async def commit(self, sealed: Sealed) -> None:
        """Commit what was sealed.

        Raises SourceFenced; after any other error the next `open` tells whether it is there.
        """
        assert self._kafka is not None  # noqa: S101 - open was called
        with _fencing():
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self._kafka.begin_transaction()
                fault_points.reach("before_source_send")
                await _all(self._send(*one) for one in sealed.batches.items())
                fault_points.reach("before_source_resume_point")
                await self._send_resume_point(sealed.resume)
                fault_points.reach("before_source_commit")
                await self._kafka.commit_transaction()
        fault_points.reach("after_source_commit")

    async def close(self) -> None:
        """Disconnect; what is not committed is as if it had never been taken."""
        kafka, self._kafka = self._kafka, None
        if kafka is None:
            return
        # stop() alone waits for ever for what a broker that is gone did not acknowledge
        with suppress(TimeoutError, KafkaError):
            async with asyncio.timeout(_CLOSE_SECONDS):
                await kafka._sender.close()  # noqa: SLF001
        ended = kafka._txn_manager._transaction_waiter  # noqa: SLF001
        if ended is not None and ended.done() and not ended.cancelled():
            ended.exception()  # told already; asyncio would log it as never looked at
        closing = asyncio.ensure_future(kafka.stop())
        await asyncio.wait([closing], timeout=_CLOSE_SECONDS)
        closing.cancel()
        await asyncio.gather(closing, return_exceptions=True)
        look_at_what_was_not_sent(kafka)

    async def _send(self, partition: int, batches: Sequence[Any]) -> None:
        assert self._kafka is not None  # noqa: S101 - commit has it
        topic = self._place.topic
        with _telling_size(topic):
            await _all(
                [await self._kafka.send_batch(one, topic, partition=partition) for one in batches]
            )

    async def _send_resume_point(self, resume: bytes) -> None:
        assert self._kafka is not None  # noqa: S101 - commit has it
        topic = self._place.resume_topic
        with _telling_size(topic):
            await self._kafka.send_and_wait(topic, resume, key=self._place.name.encode())

    def _close_batch(self, partition: int) -> None:
        assert self._kafka is not None  # noqa: S101 - open was called
        batch = self._open[partition]
        if batch.count:
            self._full[partition].append(batch.closed())
            self._open[partition] = _Filling(self._kafka)

    async def _resume_point(self) -> dict[str, Any]:
        """Read the topic to the end that it has now, where this source's past is settled."""
        partition = TopicPartition(self._place.resume_topic, 0)
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._place.broker, isolation_level="read_committed"
        )
        resume: dict[str, Any] = {}
        await consumer.start()
        try:
            consumer.assign([partition])
            await consumer.seek_to_beginning(partition)
            end: int | None = None
            while end is None or await consumer.position(partition) < end:
                found = await consumer.getmany(partition, timeout_ms=100)
                for record in found.get(partition, ()):
                    if record.key == self._place.name.encode():
                        resume = self._read(record)
                # the first answer that tells the log's end came after this source was settled
                end = consumer.highwater(partition) if end is None else end
        finally:
            await consumer.stop()
        return resume

    def _read(self, record: Any) -> dict[str, Any]:
        """Read one record. Raises ResumePointError for one that is somebody else's."""
        try:
            resume = json.loads(record.value)["resume"] if record.value else {}
            if isinstance(resume, dict):
                return resume
        except (ValueError, KeyError, TypeError, RecursionError):
            pass
        place = self._place
        raise ResumePointError(
            f"{place.resume_topic}, offset {record.offset}: no resume point, though its key is "
            f"{place.name}. To begin where the record before it says, send that one again; to "
            "begin anew, send an empty value with that key"
        )


def look_at_what_was_not_sent(kafka: AIOKafkaProducer) -> None:
    """Keep asyncio from logging, with a traceback, why a fenced producer's batches were not sent.

    Each has a future besides the one that was given out, at which aiokafka never looks.
    """
    for batches in kafka._message_accumulator._batches.values():  # noqa: SLF001
        for batch in batches:
            waiter = batch._drain_waiter  # noqa: SLF001
            if waiter.done() and not waiter.cancelled():
                waiter.exception()


async def _all(sent: Iterable[Awaitable[Any]]) -> None:
    """Wait for all, and raise what the first of them failed with."""
    outcomes = await asyncio.gather(*sent, return_exceptions=True)
    for failed in outcomes:
        if isinstance(failed, BaseException):
            raise failed


@contextmanager
def _telling_size(topic: str) -> Iterator[None]:
    """Say what to do where a topic does not take what is sent."""
    try:
        yield
    except MessageSizeTooLargeError as error:
        raise RecordTooLargeError(
            f"topic {topic} does not take what is read now: raise its max.message.bytes (where "
            "events go, to HEADRACE_EVENT_BYTES or more). It goes on by itself then, from here"
        ) from error


class _fencing:  # noqa: N801 - reads as what it is: a with statement
    """Tell Kafka's ways to say that another process is ahead."""

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, ProducerFenced):
            raise SourceFenced(
                "another process runs this source now (one is enough), or this one was away for "
                f"more than {_TRANSACTION_SECONDS} s: what it had not committed is read again"
            ) from error
