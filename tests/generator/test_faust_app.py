"""`faust -A generator worker` produces, and flushes when it is told to stop."""

import asyncio
import os
import signal
import sys

from aiokafka import AIOKafkaConsumer

from devstack.engines import Kafka
from devstack.place.free_ports import free_port
from tests.generator.reading import read

FAUST = (sys.executable, "-m", "faust", "-A", "generator", "worker", "-l", "info")


async def test_the_faust_app_produces_until_it_is_stopped(kafka: Kafka, topic_prefix: str) -> None:
    topic = f"{topic_prefix}content_sessions"
    environment = os.environ | {
        "HEADRACE_BROKER": kafka.address,
        "HEADRACE_TOPIC_PREFIX": topic_prefix,
        "HEADRACE_GENERATOR_EVENTS_PER_SECOND": "2000",
        "HEADRACE_GENERATOR_STREAMS": "content_sessions,purchases",
        "HEADRACE_GENERATOR_WEB_PORT": str(free_port()),
    }
    worker = await asyncio.create_subprocess_exec(
        *FAUST, env=environment, stderr=asyncio.subprocess.STDOUT, stdout=asyncio.subprocess.PIPE
    )
    await _arrived(kafka.address, topic, 3_000)

    worker.send_signal(signal.SIGTERM)
    output, _ = await worker.communicate()

    sessions = await read(kafka.address, topic)
    purchases = await read(kafka.address, f"{topic_prefix}purchases", "purchases")
    produced = sessions.produced + purchases.produced
    assert produced >= 3_000
    assert f"Produced {produced} records" in output.decode()


async def _arrived(broker: str, topic: str, count: int) -> None:
    async with AIOKafkaConsumer(
        topic, bootstrap_servers=broker, auto_offset_reset="earliest"
    ) as consumer:
        while count > 0:
            polled = await consumer.getmany(timeout_ms=200)
            count -= sum(map(len, polled.values()))
