"""A topic may take smaller batches than a source would send."""

import random

import pytest

from batching.transactions import SourcePlace, SourceTopic
from devstack.engines import Kafka
from headrace.testing.sources import Run, SourceSubject, committed
from sources.memory import MemorySource
from tests.edge.topics import allow
from tests.integration.topics import Topic

_RECORDS = 500


@pytest.mark.parametrize(
    ("largest", "of_bytes"), [(300, 100), (600, 100), (20_000, 1_000), (100_000, 1_000)]
)
async def test_what_cannot_be_packed_fits_as_well(
    kafka: Kafka, topic_prefix: str, largest: int, of_bytes: int
) -> None:
    topic = Topic(kafka.address, f"{topic_prefix}t")
    topic.create(config={"max.message.bytes": str(largest)})
    chance = random.Random(1)
    values = [chance.randbytes(chance.randint(of_bytes // 10, of_bytes)) for _ in range(_RECORDS)]
    source = SourceTopic(SourcePlace(kafka.address, topic.name, f"{topic_prefix}s", "mine", 1, 1))
    await source.open()
    try:
        source.add([(value, None, 1_000) for value in values])
        await source.commit(source.seal({}))
    finally:
        await source.close()

    read = topic.read(_RECORDS)

    assert [record.value() for record in read] == values


async def test_one_larger_than_the_topic_takes_is_told_and_waits_until_it_may(
    kafka: Kafka, topic_prefix: str
) -> None:
    topic = Topic(kafka.address, f"{topic_prefix}t")
    topic.create(partitions=2, config={"max.message.bytes": "1000", "retention.ms": "-1"})
    values = [b"before", random.Random(1).randbytes(2_000), b"behind"]
    source = MemorySource([(value, None, 1_000) for value in values], ends=True)
    run = Run(SourceSubject(lambda _: [source], _no_more, bytes), kafka.address, topic.name)
    try:
        await run.until(lambda: "max.message.bytes" in run.stats.waiting.get("Kafka", ""))
        allow(topic, 10_000)
        await run.until(run.task.done)
    finally:
        await run.kill()

    read = await committed(kafka.address, topic.name)

    assert sorted(read) == sorted(values)


async def _no_more(count: int) -> None:
    del count
