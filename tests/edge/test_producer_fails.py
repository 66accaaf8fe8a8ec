"""Producers that librdkafka gives up for good: nobody waits for ever, and a new one goes on."""

import asyncio
import ctypes
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import confluent_kafka
import pytest
from confluent_kafka import KafkaError, Producer

from devstack.engines import Kafka
from devstack.place.free_ports import free_port
from edge.kafka import Delivery, Overloaded, RecordProducer
from edge.records import Record
from tests.integration.topics import Topic

RECORD = Record(b"value")
PATIENCE_SECONDS = 60
POINTER_BYTES = ctypes.sizeof(ctypes.c_void_p)


class Watched(RecordProducer):
    """One that tells which producers it has made; call `fails_at` makes none."""

    def __init__(self, broker: str, fails_at: int = 0) -> None:
        super().__init__(broker, PATIENCE_SECONDS, 2**20)
        self.made: list[Producer] = []
        self.calls = 0
        self._fails_at = fails_at

    def _made(self, **more: Any) -> Producer:
        self.calls += 1
        if self.calls == self._fails_at:
            raise OSError("no file is left")
        self.made.append(super()._made(**more))
        return self.made[-1]


@contextmanager
def opened(producer: Watched) -> Iterator[Watched]:
    producer.open(asyncio.get_running_loop())
    try:
        yield producer
    finally:
        for one in producer.made:
            one.purge()
        producer.close()


@pytest.fixture
async def nowhere() -> AsyncIterator[Watched]:
    """Open one that reaches no broker: what it takes waits."""
    with opened(Watched(f"127.0.0.1:{free_port()}")) as producer:
        yield producer


def fail(producer: Producer) -> None:
    """Have librdkafka give a producer up, by what it has for tests of that."""
    folder = Path(confluent_kafka.__file__).parents[1] / "confluent_kafka.libs"
    (file,) = folder.glob("librdkafka-*")
    library = ctypes.CDLL(str(file))
    library.rd_kafka_test_fatal_error.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p]
    # a handle of confluent-kafka: the head of every object, then librdkafka's own handle
    handle = ctypes.c_void_p.from_address(id(producer) + 2 * POINTER_BYTES)
    code = KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER
    assert library.rd_kafka_test_fatal_error(handle, code, b"by a test") == 0


def send(producer: RecordProducer, topic: str) -> Delivery:
    return producer.send(topic, [RECORD], asyncio.get_running_loop().create_future())


async def sent(producer: RecordProducer, topic: str) -> KafkaError | None:
    delivery = send(producer, topic)
    async with asyncio.timeout(PATIENCE_SECONDS):
        await delivery.future
    producer.release(delivery)
    return delivery.error


async def wait_until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not holds():  # noqa: ASYNC110 - librdkafka tells nobody
            await asyncio.sleep(0.02)


async def is_sent_alone(producer: RecordProducer, topic: str) -> bool:
    """Say whether it was. Raises Overloaded while no such producer is tried."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        return (await producer.send_alone(topic, [RECORD])).error is None


async def test_a_producer_that_fails_takes_no_other_with_it(kafka: Kafka) -> None:
    topic = Topic(kafka.address, f"fails-{uuid4().hex[:8]}")
    topic.create()
    with opened(Watched(kafka.address)) as producer:
        assert await is_sent_alone(producer, topic.name)

        fail(producer.made[1])
        while len(producer.made) == 2:
            assert not producer.is_refused
            assert await sent(producer, topic.name) is None
            with suppress(Overloaded):
                await is_sent_alone(producer, topic.name)
        assert await is_sent_alone(producer, topic.name)
        assert len(producer.made) == 3
        assert producer.pending_bytes == 0


async def test_a_new_producer_is_tried_until_there_is_one(kafka: Kafka) -> None:
    topic = Topic(kafka.address, f"fails-{uuid4().hex[:8]}")
    topic.create()
    with opened(Watched(kafka.address, fails_at=2)) as producer:
        assert await sent(producer, topic.name) is None

        fail(producer.made[0])
        await wait_until(lambda: producer.is_refused)
        while len(producer.made) == 1:
            # the one that failed goes on to say that it is well
            assert producer.is_refused
            await asyncio.sleep(0.02)

        await wait_until(lambda: not producer.is_refused)
        assert await sent(producer, topic.name) is None
        assert (producer.calls, producer.pending_bytes) == (3, 0)


async def test_all_that_wait_hear_of_it_when_both_fail_at_once(nowhere: Watched) -> None:
    alone = asyncio.create_task(nowhere.send_alone("topic", [RECORD]))
    delivery = send(nowhere, "topic")
    await wait_until(lambda: len(nowhere.made) == 2)

    for one in nowhere.made:
        fail(one)

    async with asyncio.timeout(PATIENCE_SECONDS / 2):
        assert (await alone).error is not None
        await delivery.future
    assert delivery.error is not None
    nowhere.release(delivery)
    assert nowhere.pending_bytes == 0


async def test_what_cannot_be_given_to_kafka_takes_no_room(nowhere: Watched) -> None:
    delivery = nowhere.send(
        "topic",
        [Record(cast("bytes", ["no bytes"])), RECORD],
        asyncio.get_running_loop().create_future(),
    )
    await wait_until(lambda: delivery.missing == 1)  # its neighbour waits for Kafka

    assert delivery.error is not None
    nowhere.release(delivery)
    assert nowhere.pending_bytes == 0


async def test_a_request_larger_than_all_that_may_wait_is_taken_alone(nowhere: Watched) -> None:
    loop = asyncio.get_running_loop()
    large = [Record(b"v" * 2**20)] * 2

    delivery = nowhere.send("topic", large, loop.create_future())
    with pytest.raises(Overloaded):
        nowhere.send("topic", [RECORD], loop.create_future())

    await wait_until(lambda: len(nowhere.made[0]) == len(large))
    nowhere.release(delivery)
    assert nowhere.pending_bytes == 0


async def test_a_round_that_goes_wrong_is_not_the_last_one(
    nowhere: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    ended = asyncio.Event()

    def wrong() -> None:
        raise ValueError("by a test")

    nowhere.at_next_round(wrong)
    nowhere.at_next_round(ended.set)

    async with asyncio.timeout(PATIENCE_SECONDS):
        await ended.wait()
    assert "by a test" in caplog.text
