"""What aiokafka brings for batched topics: raw records, and where they were read from and to."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from batching.fetch import FetchedRecords, batch_topics
from devstack.engines import Kafka
from tests.integration.topics import Topic


@asynccontextmanager
async def reading(topic: Topic, offset: int) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=topic.broker, enable_auto_commit=False, isolation_level="read_committed"
    )
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic.name, 0)])
        consumer.seek(TopicPartition(topic.name, 0), offset)
        yield consumer
    finally:
        await consumer.stop()


async def read(consumer: AIOKafkaConsumer, most: int | None = None) -> list[object]:
    """Read once, at least one record."""
    found = await consumer.getmany(timeout_ms=10_000, max_records=most)
    [records] = found.values()
    return list(records) if not isinstance(records, FetchedRecords) else records


def made(kafka: Kafka, prefix: str, values: list[bytes | None]) -> Topic:
    topic = Topic(kafka.address, f"{prefix}batched")
    topic.create()
    topic.produce(values)
    return topic


async def test_records_of_a_batched_topic_come_raw_with_their_range(
    kafka: Kafka, topic_prefix: str
) -> None:
    topic = made(kafka, topic_prefix, [b"a", b"b", None, b"", b"e"])
    batch_topics([topic.name])

    async with reading(topic, offset=1) as consumer:
        first, second = await read(consumer, 2), await read(consumer)

    assert isinstance(first, FetchedRecords)
    assert isinstance(second, FetchedRecords)
    assert not isinstance(first[0], ConsumerRecord)
    assert [(record.offset, record.value) for record in [*first, *second]] == [
        (1, b"b"),
        (2, None),
        (3, b""),
        (4, b"e"),
    ]
    assert (first.start, first.end, second.start, second.end) == (1, 3, 3, 5)
    assert (first.size_bytes, second.size_bytes) == (1, 1)
    assert (first.leader_epoch, second.leader_epoch) == (0, 0)  # the topic's first leader
    assert all(record.timestamp > 0 for record in first)


async def test_other_topics_are_left_as_they_are(kafka: Kafka, topic_prefix: str) -> None:
    topic = made(kafka, topic_prefix, [b"a"])
    batch_topics([f"{topic_prefix}another"])

    async with reading(topic, offset=0) as consumer:
        records = await read(consumer)

    assert not isinstance(records, FetchedRecords)
    assert isinstance(records[0], ConsumerRecord)


async def test_aborted_records_lie_between_start_and_end(kafka: Kafka, topic_prefix: str) -> None:
    topic = made(kafka, topic_prefix, [b"before"])
    batch_topics([topic.name])
    producer = topic.producer(transactional_id=topic.name)
    producer.init_transactions()
    for _ in range(3):
        producer.begin_transaction()
        producer.produce(topic.name, b"aborted")
        producer.flush()
        producer.abort_transaction()
    topic.produce([b"after"])

    ranges: list[tuple[int, int]] = []
    values: list[bytes] = []
    async with reading(topic, offset=0) as consumer:
        while b"after" not in values:
            records = await read(consumer)
            assert isinstance(records, FetchedRecords)
            ranges.append((records.start, records.end))
            values += [record.value for record in records]

    assert values == [b"before", b"after"]
    assert (ranges[0][0], ranges[-1][1]) == (0, 8)  # two values, three aborted, three markers
    assert all(one[1] == other[0] for one, other in pairwise(ranges))
