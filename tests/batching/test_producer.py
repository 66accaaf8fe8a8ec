"""Stopping while the broker is slow is no crash."""

import signal
from asyncio import create_task, sleep

import faust
from faust.transport.drivers.aiokafka import Transport

from batching.producer import ChangelogProducer
from devstack.engines import Kafka

LARGE = b"x" * 10_000  # of two of them one has to wait for the other's answer


class OurTransport(Transport):
    Producer = ChangelogProducer


async def test_what_waits_for_a_slow_broker_is_given_up(own_kafka: Kafka) -> None:
    app = faust.App("slow", broker=f"kafka://{own_kafka.address}", store="memory://")
    app.transport = OurTransport([*app.conf.broker], app)
    producer = app.producer
    assert isinstance(producer, ChangelogProducer)
    topic = app.topic("changes", value_serializer="raw")
    await producer.start()
    await producer.create_topic("changes", partitions=1, replication=1)
    await (await topic.send(value=b"makes the partition known"))
    own_kafka.child.send(signal.SIGSTOP)
    for _ in range(20):
        topic.send_soon(value=LARGE, partition=0)
    await sleep(0)

    stopping = create_task(producer.stop())
    while producer._producer is not None:  # noqa: ASYNC110, SLF001 - Faust has no event for it
        await sleep(0.01)
    own_kafka.child.send(signal.SIGCONT)
    await stopping

    assert producer.crash_reason is None
    assert producer.buffer.crash_reason is None
