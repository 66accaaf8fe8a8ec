"""What is produced to a real broker is what the truth says, record for record."""

import asyncio
import time

import pytest

from app.engines import Kafka
from generator.producer import InDoubt
from generator.run import Load, generate
from generator.target import BrokerUnreachable, Compression, Target
from generator.traffic import Fractions
from generator.truth import Truth
from tests.generator.reading import read

MUCH_GOES_WRONG = Fractions(late=0.05, out_of_order=0.05, duplicates=0.02, bad=0.02)


class Clock:
    """The real time, and a way to follow the loop that asks for it."""

    def __init__(self) -> None:
        self._asked = asyncio.Event()

    def __call__(self) -> int:
        self._asked.set()
        return now()

    async def reached(self, truth: Truth, produced: int) -> None:
        while truth.produced < produced:
            self._asked.clear()
            await self._asked.wait()


def now() -> int:
    return time.time_ns() // 1_000_000


@pytest.mark.parametrize(
    "compression",
    [pytest.param(name, id=name) for name in ("none", "gzip", "snappy", "lz4", "zstd")],
)
async def test_the_topic_holds_what_the_truth_says(
    kafka: Kafka, topic_prefix: str, compression: Compression
) -> None:
    target = Target(kafka.address, f"{topic_prefix}sessions", 3, compression)
    truth = Truth()
    load = Load(0, events=20_000, fractions=MUCH_GOES_WRONG)

    await generate(load, target, truth, stop=asyncio.Event(), clock=now)

    topic = await read(target.broker, target.topic)
    assert truth.produced == 20_000
    assert topic.truth == truth


async def test_a_session_stays_in_its_partition_and_records_carry_the_time_of_production(
    kafka: Kafka, topic_prefix: str
) -> None:
    target = Target(kafka.address, f"{topic_prefix}sessions", 3)
    begun = now()

    await generate(Load(0, events=5_000), target, Truth(), stop=asyncio.Event(), clock=now)

    topic = await read(target.broker, target.topic)
    assert all(len(partitions) == 1 for partitions in topic.partitions.values())
    assert {partition for found in topic.partitions.values() for partition in found} == {0, 1, 2}
    assert begun <= min(topic.timestamps) <= max(topic.timestamps) <= now()


async def test_stopping_flushes_what_was_sent(kafka: Kafka, topic_prefix: str) -> None:
    target = Target(kafka.address, f"{topic_prefix}sessions")
    truth, stop, clock = Truth(), asyncio.Event(), Clock()

    async with asyncio.TaskGroup() as group:
        group.create_task(generate(Load(2_000), target, truth, stop=stop, clock=clock))
        await clock.reached(truth, 1_000)
        stop.set()

    assert (await read(target.broker, target.topic)).truth == truth


async def test_a_rate_is_kept(kafka: Kafka, topic_prefix: str) -> None:
    target = Target(kafka.address, f"{topic_prefix}sessions")
    truth = Truth()
    load = Load(2_000, events=4_000)
    begun = time.monotonic()

    await generate(load, target, truth, stop=asyncio.Event(), clock=now)

    assert time.monotonic() - begun >= 1.9
    assert truth.produced == 4_000


async def test_a_killed_broker_is_waited_for_and_nothing_is_lost_or_sent_twice(
    own_kafka: Kafka,
) -> None:
    target = Target(own_kafka.address, "sessions")
    truth, stop, clock = Truth(), asyncio.Event(), Clock()

    async with asyncio.TaskGroup() as group:
        group.create_task(generate(Load(5_000), target, truth, stop=stop, clock=clock))
        await clock.reached(truth, 5_000)
        own_kafka.kill()
        await asyncio.to_thread(own_kafka.start)
        await clock.reached(truth, 30_000)
        stop.set()

    assert (await read(target.broker, target.topic)).truth == truth


async def test_records_that_a_dead_broker_did_not_take_are_told(own_kafka: Kafka) -> None:
    target = Target(own_kafka.address, "sessions")
    truth, stop, clock = Truth(), asyncio.Event(), Clock()
    producing = asyncio.create_task(
        generate(Load(0), target, truth, stop=stop, clock=clock, flush_seconds=0.5)
    )
    await clock.reached(truth, 5_000)  # as fast as possible: something is always under way

    own_kafka.kill()
    stop.set()

    with pytest.raises(InDoubt, match="not acknowledged"):
        await producing


async def test_no_broker_is_told_with_its_address_and_the_setting() -> None:
    target = Target("127.0.0.1:1", "sessions")

    with pytest.raises(BrokerUnreachable, match=r"127\.0\.0\.1:1.*HEADRACE_BROKER"):
        await generate(Load(1), target, Truth(), stop=asyncio.Event(), clock=now)
