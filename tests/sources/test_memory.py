"""The shipped fake passes what every source promises."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from aiolimiter import AsyncLimiter

from agents.source_inbox import Inbox
from agents.source_reading import Reading
from devstack.engines import Kafka
from headrace.testing.sources import Run, SourceContract, SourceSubject, committed
from sources.base import Record, Source
from sources.memory import MemorySource
from telemetry.source_stats import SourceStats


@pytest.fixture
def broker(kafka: Kafka) -> str:
    return kafka.address


class TestMemorySource(SourceContract):
    @pytest.fixture
    def subject(self) -> SourceSubject:
        outside = Outside()
        return SourceSubject(
            outside.readers,
            outside.add,
            json.loads,
            away=outside.away,
            silent=outside.silent,
        )


class Outside:
    """A list that grows, behind any number of readers."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.made: list[MemorySource] = []

    def readers(self, stats: SourceStats) -> Sequence[Source]:
        del stats
        self.made.append(MemorySource(self.records))
        return self.made[-1:]

    async def add(self, count: int) -> None:
        begin = len(self.records)
        self.records += [
            (b"%d" % number, b"%d" % (number % 7), 1_000 * number)
            for number in range(begin, begin + count)
        ]

    @asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        self.made[-1].away = True
        yield
        self.made[-1].away = False

    @asynccontextmanager
    async def silent(self) -> AsyncIterator[None]:
        self.made[-1].silent = True
        yield
        self.made[-1].silent = False


async def test_what_waits_is_bounded_while_nobody_takes_it() -> None:
    source = MemorySource([(b"x" * 10_000, None, 0)] * 10_000)
    inbox = Inbox(limit_bytes=1_000_000)
    reading = asyncio.create_task(Reading(source, inbox, {}, SourceStats()).run())

    for _ in range(2_000):
        await asyncio.sleep(0)

    assert 0 < source.read_records <= 100
    read = source.read_records
    assert len(list(inbox.take())) == read // 10
    await asyncio.sleep(0)
    assert source.read_records > read
    reading.cancel()
    await asyncio.wait([reading])


async def test_who_is_woken_before_waiting_does_not_wait() -> None:
    inbox = Inbox(limit_bytes=1)
    assert not list(inbox.take())
    inbox.wake()

    await asyncio.wait_for(inbox.wait(None), 30)


async def test_no_more_records_a_second_than_the_entry_allows() -> None:
    source = MemorySource([(b"x", None, 0)] * 1_000)
    limiter = AsyncLimiter(100, 3_600)  # what it lets through at once, and then nothing for long
    inbox = Inbox(limit_bytes=1_000_000)
    reading = asyncio.create_task(Reading(source, inbox, {}, SourceStats(), limiter=limiter).run())

    for _ in range(2_000):
        await asyncio.sleep(0)

    assert sum(len(chunk.records) for chunk in inbox.take()) == 100
    reading.cancel()
    await asyncio.wait([reading])


@pytest.mark.timeout(240)
async def test_a_broker_that_is_killed_and_comes_back_leaves_each_event_once(
    own_kafka: Kafka,
) -> None:
    outside = Outside()
    subject = SourceSubject(outside.readers, outside.add, json.loads)
    run = Run(subject, own_kafka.address, "events")
    try:
        await outside.add(500)
        await run.until(lambda: run.stats.records >= 500)
        adding = asyncio.create_task(_more(outside))
        await run.until(lambda: run.stats.records >= 600)
        await asyncio.to_thread(own_kafka.kill)
        await run.until(lambda: "Kafka" in run.stats.waiting)
        await asyncio.to_thread(own_kafka.start)
        await adding
        # the topic is looked at, and not the counters: an answer may have been lost
        found: list[bytes] = []
        while len(found) < len(outside.records):
            found = await committed(own_kafka.address, "events")
        await run.stop()
    finally:
        await run.kill()

    assert sorted(map(int, found)) == list(range(len(outside.records)))


async def test_records_of_the_next_transaction_are_taken_while_the_broker_does_not_answer(
    own_kafka: Kafka,
) -> None:
    source = MemorySource([(b"%d" % number, None, 0) for number in range(20)])
    subject = SourceSubject(lambda _: [source], _nothing, int)
    run = Run(subject, own_kafka.address, "events", buffer_bytes=65_536)
    try:
        await run.until(lambda: run.stats.records >= 20)
        own_kafka.child.send(signal.SIGSTOP)  # it answers nothing, and closes nothing
        try:
            large = [(b"%d" % number + b" " * 20_000, None, 0) for number in range(20, 120)]
            source.records = [*source.records, *large]
            await run.until(lambda: source.read_records >= 120)
            assert run.stats.records == 20
        finally:
            own_kafka.child.send(signal.SIGCONT)
        await run.until_held(120)
        await run.until(lambda: run.stats.buffered_bytes == 0)  # or it would be held to be stuck
        await run.stop()
        found = await committed(own_kafka.address, "events")
    finally:
        await run.kill()

    assert sorted(map(int, found)) == list(range(120))


async def _more(outside: Outside) -> None:
    for _ in range(200):
        await outside.add(10)
        await asyncio.sleep(0.01)


async def test_a_source_that_has_read_all_says_so(kafka: Kafka, topic_prefix: str) -> None:
    source = MemorySource([(b"%d" % number, None, 0) for number in range(95)], ends=True)
    subject = SourceSubject(lambda _: [source], _nothing, int)
    run = Run(subject, kafka.address, f"{topic_prefix}ends")

    await asyncio.wait_for(run.task, 60)

    assert run.runner.state == "has read all"
    assert source.closed
    assert run.stats.records == 95


async def _nothing(count: int) -> None:
    del count


async def test_a_value_of_a_megabyte_is_stored_and_a_larger_one_left_out(
    kafka: Kafka, topic_prefix: str
) -> None:
    source = MemorySource([(b"a" * 999_000, None, 5), (b"b" * 1_100_000, None, 6), (b"c", None, 7)])
    subject = SourceSubject(lambda _: [source], _nothing, bytes)
    topic = f"{topic_prefix}large"
    run = Run(subject, kafka.address, topic)

    await run.until(lambda: run.stats.records >= 2)
    await run.stop()

    assert sorted(map(len, await committed(kafka.address, topic))) == [1, 999_000]
    assert run.stats.refused == {"too large": 1}
