"""What is produced to a real broker is what the truth says, record for record."""

import asyncio
import signal
import time

import pytest

from devstack.engines import Kafka
from generator.producer import InDoubt, Lane
from generator.run import Load, generate
from generator.streams import SIMULATED, shares
from generator.target import BrokerUnreachable, Compression, Target
from generator.traffic import Fractions
from generator.truth import Truth
from tests.generator.reading import Topic, read

MUCH_GOES_WRONG = Fractions(late=0.05, out_of_order=0.05, duplicates=0.02, bad=0.02)


class Clock:
    """The real time, and a way to follow the loop that asks for it."""

    def __init__(self) -> None:
        self._asked = asyncio.Event()

    def __call__(self) -> int:
        self._asked.set()
        return now()

    async def reached(self, lane: Lane, produced: int) -> None:
        while truth_of(lane).produced < produced:
            self._asked.clear()
            await self._asked.wait()


def lane(
    broker: str,
    prefix: str = "",
    stream: str = "content_sessions",
    compression: Compression = "none",
) -> Lane:
    target = Target(broker, f"{prefix}{stream}", 3, compression)
    return Lane(stream, target, SIMULATED[stream].truth())


def truth_of(lane: Lane) -> Truth:
    assert isinstance(lane.truth, Truth)
    return lane.truth


async def written(lane: Lane) -> Topic:
    return await read(lane.target.broker, lane.target.topic, lane.stream)


def now() -> int:
    return time.time_ns() // 1_000_000


@pytest.mark.parametrize(
    "compression",
    [pytest.param(name, id=name) for name in ("none", "gzip", "snappy", "lz4", "zstd")],
)
async def test_the_topic_holds_what_the_truth_says(
    kafka: Kafka, topic_prefix: str, compression: Compression
) -> None:
    only = lane(kafka.address, topic_prefix, compression=compression)
    load = Load(0, events=20_000, fractions=MUCH_GOES_WRONG)

    await generate(load, [only], stop=asyncio.Event(), clock=now)

    assert truth_of(only).produced == 20_000
    assert (await written(only)).agrees(truth_of(only))


async def test_every_stream_has_its_topic_and_its_share(kafka: Kafka, topic_prefix: str) -> None:
    lanes = [lane(kafka.address, topic_prefix, stream) for stream in SIMULATED]
    load = Load(0, events=50_000, fractions=MUCH_GOES_WRONG)

    await generate(load, lanes, stop=asyncio.Event(), clock=now)

    assert sum(truth_of(one).produced for one in lanes) == 50_000
    for one in lanes:
        assert (await written(one)).agrees(truth_of(one))
        share = truth_of(one).produced / 50_000
        assert share == pytest.approx(shares(list(SIMULATED))[one.stream], rel=0.1)


async def test_a_session_stays_in_its_partition_and_records_carry_the_time_of_production(
    kafka: Kafka, topic_prefix: str
) -> None:
    only = lane(kafka.address, topic_prefix)
    begun = now()

    await generate(Load(0, events=5_000), [only], stop=asyncio.Event(), clock=now)

    topic = await written(only)
    assert all(len(partitions) == 1 for partitions in topic.partitions.values())
    assert {partition for found in topic.partitions.values() for partition in found} == {0, 1, 2}
    assert begun <= min(topic.timestamps) <= max(topic.timestamps) <= now()


async def test_stopping_flushes_what_was_sent(kafka: Kafka, topic_prefix: str) -> None:
    only = lane(kafka.address, topic_prefix)
    stop, clock = asyncio.Event(), Clock()

    async with asyncio.TaskGroup() as group:
        group.create_task(generate(Load(2_000), [only], stop=stop, clock=clock))
        await clock.reached(only, 1_000)
        stop.set()

    assert (await written(only)).agrees(truth_of(only))


async def test_one_that_is_stopped_while_it_starts_ends_well(
    kafka: Kafka, topic_prefix: str
) -> None:
    only, stop = lane(kafka.address, topic_prefix), asyncio.Event()
    stop.set()

    await generate(Load(1_000), [only], stop=stop, clock=now)

    assert truth_of(only).produced == 0


async def test_a_rate_is_kept(kafka: Kafka, topic_prefix: str) -> None:
    lanes = [lane(kafka.address, topic_prefix, stream) for stream in SIMULATED]
    load = Load(2_000, events=4_000)
    begun = time.monotonic()

    await generate(load, lanes, stop=asyncio.Event(), clock=now)

    assert time.monotonic() - begun >= 1.9
    assert sum(truth_of(one).produced for one in lanes) == 4_000


async def test_a_killed_broker_is_waited_for_and_nothing_is_lost_or_sent_twice(
    own_kafka: Kafka,
) -> None:
    only = lane(own_kafka.address)
    stop, clock = asyncio.Event(), Clock()

    async with asyncio.TaskGroup() as group:
        group.create_task(generate(Load(5_000), [only], stop=stop, clock=clock))
        await clock.reached(only, 5_000)
        own_kafka.kill()
        await asyncio.to_thread(own_kafka.start)
        await clock.reached(only, 30_000)
        stop.set()

    assert (await written(only)).agrees(truth_of(only))


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(signal.SIGKILL, id="dead"),
        pytest.param(signal.SIGSTOP, id="frozen, so that connections stay"),
    ],
)
async def test_records_that_a_broker_did_not_take_are_told_soon(
    own_kafka: Kafka, number: int
) -> None:
    only = lane(own_kafka.address)
    stop, clock = asyncio.Event(), Clock()
    producing = asyncio.create_task(
        generate(Load(0), [only], stop=stop, clock=clock, flush_seconds=0.5)
    )
    await clock.reached(only, 5_000)  # as fast as possible: something is always under way

    own_kafka.child.send(number)
    stop.set()

    with pytest.raises(InDoubt, match="not acknowledged"):
        await asyncio.wait_for(producing, 15)  # `up` waits for 30 s, of which flushing may take 20


async def test_no_broker_is_told_with_its_address_and_the_setting() -> None:
    with pytest.raises(BrokerUnreachable, match=r"127\.0\.0\.1:1.*HEADRACE_BROKER"):
        await generate(Load(1), [lane("127.0.0.1:1")], stop=asyncio.Event(), clock=now)
