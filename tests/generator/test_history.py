"""The past is filled once, exactly, before a run goes live, on a real broker."""

import asyncio
import time

import pytest

from devstack.engines import Kafka
from generator import history
from generator.ends import last_trades
from generator.producer import Lane
from generator.run import Load, generate
from generator.streams import SIMULATED
from generator.target import Target
from generator.times import HOUR, SECOND
from generator.truth import Truth
from tests.generator.reading import Topic, read


def lanes(kafka: Kafka, prefix: str) -> dict[str, Lane]:
    return {
        stream: Lane(stream, Target(kafka.address, f"{prefix}{stream}", 3), simulated.truth())
        for stream, simulated in SIMULATED.items()
    }


def truth_of(lane: Lane) -> Truth:
    assert isinstance(lane.truth, Truth)
    return lane.truth


def now() -> int:
    return time.time_ns() // 1_000_000


async def run(made: dict[str, Lane], events: int = 2_000) -> None:
    load = Load(1_000, events=events, history_seconds=6 * HOUR / SECOND)
    await generate(load, list(made.values()), stop=asyncio.Event(), clock=now)


async def written(made: dict[str, Lane]) -> dict[str, Topic]:
    return {
        stream: await read(lane.target.broker, lane.target.topic, stream)
        for stream, lane in made.items()
    }


async def test_it_is_filled_once_and_the_truth_counts_it_and_sequences_go_on(
    kafka: Kafka, topic_prefix: str
) -> None:
    first, second = lanes(kafka, topic_prefix), lanes(kafka, topic_prefix)
    begun = now()

    await run(first)
    topics = await written(first)
    ended = await last_trades(first["market_ticks"].target)
    await run(second)
    after = await last_trades(second["market_ticks"].target)

    filled = history.EVENTS_PER_SECOND * 6 * HOUR / SECOND
    produced = sum(truth_of(lane).produced for lane in first.values())
    assert produced - 2_000 == pytest.approx(filled, rel=0.4)
    assert sum(truth_of(lane).produced for lane in second.values()) == 2_000
    for stream, topic in topics.items():
        assert topic.agrees(truth_of(first[stream])), stream
        # what is about the past is sent now, as by clients that were offline
        assert min(topic.timestamps) >= begun
    for product, last in after.items():
        assert 0 <= last.sequence - ended[product].sequence < 2_000


async def test_it_is_over_before_the_run_goes_live_and_can_be_stopped(
    kafka: Kafka, topic_prefix: str
) -> None:
    made = lanes(kafka, topic_prefix)
    live, stop = asyncio.Event(), asyncio.Event()
    stop.set()

    load = Load(1_000, history_seconds=24 * HOUR / SECOND)
    await generate(load, list(made.values()), stop=stop, clock=now, live=live)

    assert live.is_set()
    assert sum(truth_of(lane).produced for lane in made.values()) < 10_000
