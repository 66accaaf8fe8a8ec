"""From produced to visible in PostgreSQL, seen from outside, at a steady rate."""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition

from benchmarks.environment import Place
from benchmarks.load import generator
from benchmarks.progress import Seen, check_running, observer
from benchmarks.worker import Worker
from devstack.measure.worker_status import fetch
from devstack.processes.child import Child
from models.content_sessions import CONTENT_SESSIONS

EVENTS_PER_SECOND = 20_000
_EVERY = 16
_READY_POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Fresh:
    """Quantiles in seconds; `worker` is what the worker itself said at the end."""

    p50: float
    p99: float
    produced_per_second: float
    worker_p50: float | None
    worker_p99: float | None


async def freshness(place: Place, seconds: float) -> Fresh:
    """Produce for so long, watch the positions, then ask Kafka when each record was produced."""
    prefix = place.name("fresh") + "-"
    topic = f"{prefix}{CONTENT_SESSIONS.topic}"
    async with place.database() as dsn:
        worker = Worker(place, group=place.name("group"), prefix=prefix, dsn=dsn)
        load = generator(place, prefix, EVENTS_PER_SECOND, seconds)
        try:
            worker.child.start()
            await _at_work(worker)
            load.start()
            course = await _follow(worker, load, dsn, topic, place.kafka.address)
            status = fetch(worker.web)
            seen = status.streams[CONTENT_SESSIONS.topic].freshness_seconds if status else None
        finally:
            load.stop()
            worker.child.stop()
    ages = sorted(await _ages(place.kafka.address, topic, course))
    return Fresh(
        p50=ages[len(ages) // 2],
        p99=ages[len(ages) * 99 // 100],
        produced_per_second=course[-1].rows / seconds,
        worker_p50=seen.p50 if seen else None,
        worker_p99=seen.p99 if seen else None,
    )


async def _at_work(worker: Worker) -> None:
    started = time.time()
    while (status := fetch(worker.web)) is None or status.state != "running":
        check_running([worker.child], started)
        await asyncio.sleep(_READY_POLL_SECONDS)


async def _follow(worker: Worker, load: Child, dsn: str, topic: str, broker: str) -> list[Seen]:
    started, produced = time.time(), -1
    course: list[Seen] = []
    async with observer(dsn, topic) as looks:
        async for seen in looks():
            check_running([worker.child], started)
            if not course or seen.stored != course[-1].stored:
                course.append(seen)
            if produced < 0 and not load.running:
                produced = sum((await _ends(broker, topic)).values())
            if seen.rows == produced:
                return course
    raise AssertionError


async def _ends(broker: str, topic: str) -> dict[TopicPartition, int]:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=broker)
    await consumer.start()
    try:
        return dict(await consumer.end_offsets(list(consumer.assignment())))
    finally:
        await consumer.stop()


async def _ages(broker: str, topic: str, course: Sequence[Seen]) -> list[float]:
    """Give, for one record in sixteen, the seconds from its timestamp until it was seen stored."""
    ages: list[float] = []
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=broker, auto_offset_reset="earliest")
    await consumer.start()
    try:
        left = course[-1].rows
        visible = {
            number: [seen.stored.get(number, 0) for seen in course] for number in course[-1].stored
        }
        while left > 0:
            for tp, records in (await consumer.getmany(timeout_ms=1_000)).items():
                left -= len(records)
                steps = visible[tp.partition]
                ages.extend(
                    course[bisect_right(steps, record.offset)].at - record.timestamp / 1_000
                    for record in records[::_EVERY]
                )
    finally:
        await consumer.stop()
    return ages
