"""What every source promises (sources/base.py), as tests against a real Kafka."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from agents.source_runner import SourceRunner
from batching.topics import create_missing
from batching.transactions import SourceFenced, SourcePlace
from config.document import SourceEntry
from sources.base import Record, Source, SourceUnavailable
from telemetry import fault_points
from telemetry.fault_points import SOURCE_POINTS, SourcePoint
from telemetry.source_stats import SourceStats

_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class SourceSubject:
    """A source under test: how its readers are made, and how its outside is moved."""

    readers: Callable[[SourceStats], Sequence[Source]]
    """Make the readers anew, as a process that starts would."""

    add: Callable[[int], Awaitable[None]]
    """Let so many more events happen outside."""

    identify: Callable[[bytes], Any]
    """Say which event a record's value is; equal only for the same event."""

    away: Callable[[], AbstractAsyncContextManager[None]] | None = None
    """While in it the outside fails; None for one that cannot fail."""

    silent: Callable[[], AbstractAsyncContextManager[None]] | None = None
    """While in it the outside is there and says nothing; None for one that may always rest."""


class Run:
    """A source's runner in this process, with what can be asked and done to it."""

    def __init__(self, subject: SourceSubject, broker: str, topic: str, **entry: Any) -> None:
        self.stats = SourceStats()
        self.place = SourcePlace(broker, topic, f"{topic}.headrace.sources", "tested", 2, 1)
        self.runner = SourceRunner(
            subject.readers(self.stats),
            self.place,
            SourceEntry(kind="tested", commit_seconds=0.05, **entry),
            self.stats,
            silence_seconds=entry.get("silence_seconds"),
            largest_bytes=1_000_000,
        )
        self.task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        """Run with a topic that keeps all: Kafka deletes events whose own time is a week ago."""
        kept = {"retention.ms": "-1"}
        with suppress(KafkaError):  # the runner makes the topic then, and waits for the broker
            await create_missing(self.place.broker, {self.place.topic: 2}, 1, kept)
        await self.runner.run()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until it holds; raise what ended the run, if it has ended."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not condition():
                if self.task.done():
                    self.task.result()
                    assert condition(), "the source has ended"
                await asyncio.sleep(0.01)

    async def until_held(self, count: int) -> None:
        """Wait until the topic holds so many; counters may miss a commit whose answer was lost."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while len(await committed(self.place.broker, self.place.topic)) < count:
                if self.task.done():
                    self.task.result()

    async def kill(self) -> None:
        """End it as a process ends that is killed: nothing more is committed."""
        self.task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await self.task

    async def stop(self) -> None:
        self.runner.stop()
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await self.task


class SourceContract:
    """What every source promises. A subclass gives the fixtures `subject` and `broker`."""

    @pytest.fixture
    def topic(self) -> str:
        return f"source-{uuid4().hex[:8]}"

    @asynccontextmanager
    async def running(
        self, subject: SourceSubject, broker: str, topic: str, **entry: Any
    ) -> AsyncIterator[Run]:
        run = Run(subject, broker, topic, **entry)
        try:
            yield run
        finally:
            await run.kill()

    async def stored(self, subject: SourceSubject, broker: str, topic: str) -> list[Any]:
        """Give the events that the topic holds, as who reads committed sees them, sorted."""
        return sorted(subject.identify(value) for value in await committed(broker, topic))

    async def test_all_events_come_to_the_topic_once(
        self, subject: SourceSubject, broker: str, topic: str
    ) -> None:
        await subject.add(25)
        async with self.running(subject, broker, topic) as run:
            await run.until_held(25)
            await subject.add(10)
            await run.until_held(35)
            await run.stop()

        found = await self.stored(subject, broker, topic)
        assert len(found) == len(set(found)) == 35

    @pytest.mark.parametrize("point", SOURCE_POINTS)
    async def test_what_is_killed_at_any_point_goes_on_where_the_topic_ends(
        self, subject: SourceSubject, broker: str, topic: str, point: SourcePoint
    ) -> None:
        await subject.add(10)
        async with self.running(subject, broker, topic) as run:
            await run.until_held(10)
            fault_points.arm(f"{point}:raise:1")
            try:
                await subject.add(10)
                with pytest.raises(fault_points.InjectedBugError):
                    await asyncio.wait_for(run.task, _PATIENCE_SECONDS)
            finally:
                fault_points.disarm()
        await subject.add(10)

        async with self.running(subject, broker, topic) as run:
            await run.until_held(30)
            await run.stop()

        found = await self.stored(subject, broker, topic)
        assert len(found) == len(set(found)) == 30

    async def test_the_second_process_fences_the_first(
        self, subject: SourceSubject, broker: str, topic: str
    ) -> None:
        await subject.add(10)
        async with self.running(subject, broker, topic) as first:
            await first.until_held(10)
            async with self.running(subject, broker, topic) as second:
                await second.until(lambda: second.runner.state == "running")
                await subject.add(10)
                with pytest.raises(SourceFenced):
                    await asyncio.wait_for(first.task, _PATIENCE_SECONDS)
                await second.until_held(20)
                await second.stop()

        found = await self.stored(subject, broker, topic)
        assert len(found) == len(set(found)) == 20

    async def test_an_outside_that_fails_is_opened_again(
        self, subject: SourceSubject, broker: str, topic: str
    ) -> None:
        if subject.away is None:
            pytest.skip("this outside cannot fail")
        await subject.add(10)
        async with self.running(subject, broker, topic) as run:
            await run.until_held(10)
            async with subject.away():
                await run.until(lambda: bool(run.stats.waiting))
                await subject.add(10)
            await run.until_held(20)
            assert run.stats.reconnects > 0
            await run.stop()

        found = await self.stored(subject, broker, topic)
        assert len(found) == len(set(found)) == 20

    async def test_silence_is_seen_and_the_outside_opened_again(
        self, subject: SourceSubject, broker: str, topic: str
    ) -> None:
        if subject.silent is None:
            pytest.skip("this outside may rest")
        await subject.add(10)
        async with self.running(subject, broker, topic, silence_seconds=2.0) as run:
            await run.until_held(10)
            async with subject.silent():
                await run.until(lambda: run.stats.silences > 0)
                await subject.add(10)
            await run.until_held(20)
            await run.stop()

        found = await self.stored(subject, broker, topic)
        assert len(found) == len(set(found)) == 20

    @pytest.mark.parametrize("steps", [0, 1, 5, 20, 80])
    async def test_a_cancelled_read_lets_go_and_may_be_read_anew(
        self, subject: SourceSubject, steps: int
    ) -> None:
        await subject.add(10)
        [reader, *others] = subject.readers(SourceStats())
        reading = asyncio.create_task(_first_records(reader))
        for _ in range(steps):
            await asyncio.sleep(0)
        reading.cancel()
        await asyncio.wait([reading])

        async with asyncio.timeout(_PATIENCE_SECONDS):
            assert await _first_records(reader)
        for one in (reader, *others):
            await one.close()

    async def test_who_does_not_ask_holds_the_outside_up(self, subject: SourceSubject) -> None:
        [reader, *others] = subject.readers(SourceStats())
        await subject.add(10)
        chunks = reader.read({})
        async with asyncio.timeout(_PATIENCE_SECONDS):
            chunk = await anext(chunks)
        await subject.add(1_000)

        assert chunk.size_bytes < 64 * 1024 * 1024
        await chunks.aclose()
        for one in (reader, *others):
            await one.close()

    async def test_a_resume_point_is_json(self, subject: SourceSubject) -> None:
        await subject.add(10)
        [reader, *others] = subject.readers(SourceStats())
        chunks = reader.read({})
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not (chunk := await anext(chunks)).records:
                pass

        assert chunk.resume
        assert json.loads(json.dumps(dict(chunk.resume))) == dict(chunk.resume)
        await chunks.aclose()
        for one in (reader, *others):
            await one.close()


async def _first_records(reader: Source) -> Sequence[Record]:
    chunks = reader.read({})
    try:
        async for chunk in chunks:
            if chunk.records:
                return chunk.records
    except SourceUnavailable:
        return ()
    finally:
        await chunks.aclose()
    return ()


async def committed(broker: str, topic: str) -> list[bytes]:
    """Read all values of a topic that are committed, in the order of each partition."""
    consumer = AIOKafkaConsumer(bootstrap_servers=broker, isolation_level="read_committed")
    values: list[bytes] = []
    await consumer.start()
    try:
        partitions = [
            TopicPartition(topic, number)
            for number in sorted(
                consumer.partitions_for_topic(topic) or await _numbers(consumer, topic)
            )
        ]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await _ends(broker, partitions)
        while any([await consumer.position(one) < ends[one] for one in partitions]):
            for records in (await consumer.getmany(timeout_ms=100)).values():
                values += [record.value for record in records]
    finally:
        await consumer.stop()
    return values


async def _ends(broker: str, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
    """Give where the log ends: who reads committed is told less, until Kafka has marked the end.

    That is after the commit was answered.
    """
    consumer = AIOKafkaConsumer(bootstrap_servers=broker, isolation_level="read_uncommitted")
    await consumer.start()
    try:
        return dict(await consumer.end_offsets(partitions))
    finally:
        await consumer.stop()


async def _numbers(consumer: AIOKafkaConsumer, topic: str) -> set[int]:
    return set(await consumer._client._wait_on_metadata(topic))  # noqa: SLF001
