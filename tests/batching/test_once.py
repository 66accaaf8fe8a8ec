"""Records that are sent in transactions, and found again: real Kafka."""

import asyncio
import gc
from contextlib import suppress
from random import Random

import pytest
from aiokafka import AIOKafkaConsumer

from batching.once import NotTakenError, Once, Outgoing, OvertakenError, Reading
from devstack.engines import Kafka
from models.positions import TopicPartition
from tests.integration.topics import Topic


@pytest.fixture
def topic(kafka: Kafka, topic_prefix: str) -> Topic:
    topic = Topic(kafka.address, f"{topic_prefix}once")
    topic.create(partitions=2)
    return topic


def outgoing(*values: bytes, partition: int = 0) -> list[Outgoing]:
    return [Outgoing(partition, value, 1_000, [("of", value)]) for value in values]


async def values(topic: Topic, partition: int = 0) -> list[bytes | None]:
    async with Reading.opened(topic.broker, topic.name) as reading:
        begins, ends = await reading.begins([partition]), await reading.ends([partition])
        return [one.value for one in await reading.between(begins, ends)]


async def test_each_is_where_it_is_said_to_be(topic: Topic) -> None:
    async with Once.opened(topic.broker, topic.name) as once:
        first = await once.send(topic.name, outgoing(b"a", b"b") + outgoing(b"c", partition=1))
        second = await once.send(topic.name, outgoing(b"d"))

    assert first == [
        (TopicPartition(topic.name, 0), 0),
        (TopicPartition(topic.name, 0), 1),
        (TopicPartition(topic.name, 1), 0),
    ]
    assert second == [(TopicPartition(topic.name, 0), 3)]  # behind the end of a transaction
    assert await values(topic) == [b"a", b"b", b"d"]
    assert await values(topic, 1) == [b"c"]


async def test_who_was_overtaken_sends_nothing_more(
    topic: Topic, caplog: pytest.LogCaptureFixture
) -> None:
    async with Once.opened(topic.broker, topic.name) as first:
        await first.send(topic.name, outgoing(b"a"))
        async with Once.opened(topic.broker, topic.name) as second:
            with pytest.raises(OvertakenError):
                await first.send(topic.name, outgoing(b"too late"))
            await second.send(topic.name, outgoing(b"b"))

    assert await values(topic) == [b"a", b"b"]
    gc.collect()  # asyncio says so when a future goes at which nobody has looked
    assert "never retrieved" not in caplog.text


async def test_a_transaction_that_fails_leaves_nothing(topic: Topic) -> None:
    async with Once.opened(topic.broker, topic.name) as once:
        with pytest.raises(NotTakenError, match="of this size"):
            await once.send(topic.name, outgoing(b"a", Random(1).randbytes(3_000_000)))

    async with Once.opened(topic.broker, topic.name) as once:
        await once.send(topic.name, outgoing(b"b"))

    assert await values(topic) == [b"b"]


async def test_what_another_has_not_committed_is_waited_for(topic: Topic) -> None:
    other = topic.producer(transactional_id=f"{topic.name}-other")
    other.init_transactions(20)
    other.begin_transaction()
    other.produce(topic.name, b"x", partition=0)
    other.flush(20)
    async with Once.opened(topic.broker, topic.name) as once:
        await once.send(topic.name, outgoing(b"a"))
    other.abort_transaction(20)

    assert await values(topic) == [b"a"]


async def test_nobody_answers() -> None:
    with pytest.raises(NotTakenError, match="no Kafka broker answers"):
        async with Reading.opened("127.0.0.1:1", "nothing"):
            pass


async def test_a_cancellation_that_a_client_swallows_while_it_is_closed_is_not_lost(
    topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    closing, went_on = asyncio.Event(), asyncio.Event()
    stop = AIOKafkaConsumer.stop

    async def swallowing(consumer: AIOKafkaConsumer) -> None:
        with suppress(asyncio.CancelledError):
            closing.set()
            await asyncio.Event().wait()
        await stop(consumer)

    async def work() -> None:
        async with Reading.opened(topic.broker, topic.name):
            pass
        went_on.set()

    monkeypatch.setattr(AIOKafkaConsumer, "stop", swallowing)
    task = asyncio.create_task(work())
    await closing.wait()
    task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()
    assert not went_on.is_set()
