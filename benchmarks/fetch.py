"""`python -m benchmarks.fetch`: aiokafka's own records against the raw ones of batching.fetch."""

from __future__ import annotations

import asyncio
import gc
import time

import msgspec
from aiokafka import AIOKafkaConsumer

from batching.app import CONFIGURATION
from batching.fetch import batch_topics
from benchmarks.environment import Place, place
from benchmarks.prefilled_topic import fill

_EVENTS = 1_000_000
_REPEAT = 3
_FETCH_BYTES = CONFIGURATION["consumer_max_fetch_size"]
_MOST_RECORDS = CONFIGURATION["broker_max_poll_records"]


async def _cpu_seconds(broker: str, topic: str, events: int) -> float:
    """Give the least CPU time of some runs, for all records of the topic."""
    taken = []
    for _ in range(_REPEAT):
        consumer = AIOKafkaConsumer(
            topic,
            bootstrap_servers=broker,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=_FETCH_BYTES,
        )
        await consumer.start()
        try:
            began, left = time.process_time(), events
            while left > 0:
                found = await consumer.getmany(timeout_ms=1_000, max_records=_MOST_RECORDS)
                left -= sum(len(records) for records in found.values())
            taken.append(time.process_time() - began)
        finally:
            await consumer.stop()
    return min(taken)


async def main(here: Place) -> None:
    """Print microseconds of CPU time for each record."""
    broker = here.kafka.address
    backlog = await fill(broker, "fetch-", _EVENTS)
    gc.set_threshold(200_000, 50, 1_000)  # as a worker has it: batching/app.py
    own = await _cpu_seconds(broker, backlog.topic, backlog.events)
    batch_topics([backlog.topic])
    raw = await _cpu_seconds(broker, backlog.topic, backlog.events)
    taken = {"consumer_records": own, "raw_records": raw}
    result = {name: round(seconds / backlog.events * 1e6, 3) for name, seconds in taken.items()}
    print(msgspec.json.encode({"unit": "us/record", **result}).decode())


if __name__ == "__main__":
    with place() as here:
        asyncio.run(main(here))
