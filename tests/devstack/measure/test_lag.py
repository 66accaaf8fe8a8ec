"""What is not stored yet is Kafka's log ends less the database's positions."""

import asyncpg
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from devstack.engines import Kafka
from devstack.measure.lag import count_unstored


def produce(kafka: Kafka, topic: str, counts: dict[int, int]) -> None:
    admin = AdminClient({"bootstrap.servers": kafka.address})
    admin.create_topics([NewTopic(topic, num_partitions=len(counts), replication_factor=1)])[
        topic
    ].result(20)
    producer = Producer({"bootstrap.servers": kafka.address})
    for partition, count in counts.items():
        for _ in range(count):
            producer.produce(topic, b"value", partition=partition)
    assert producer.flush(20) == 0


async def store(dsn: str, topic: str, partition: int, last_offset: int) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(
        "INSERT INTO stream_positions (topic, kafka_partition, last_offset) VALUES ($1, $2, $3)",
        topic,
        partition,
        last_offset,
    )
    await connection.close()


async def test_a_topic_that_does_not_exist_has_no_backlog(
    kafka: Kafka, database: str, topic_prefix: str
) -> None:
    assert await count_unstored(kafka.address, database, [f"{topic_prefix}none"]) == 0


async def test_what_no_worker_has_stored_waits_in_every_partition(
    kafka: Kafka, database: str, topic_prefix: str
) -> None:
    topic = f"{topic_prefix}content_sessions"
    produce(kafka, topic, {0: 10, 1: 5, 2: 0})

    assert await count_unstored(kafka.address, database, [topic]) == 15
    await store(database, topic, partition=0, last_offset=6)
    assert await count_unstored(kafka.address, database, [topic]) == 8
    await store(database, topic, partition=1, last_offset=4)
    await store(database, topic, partition=2, last_offset=-1)
    assert await count_unstored(kafka.address, database, [topic]) == 3


async def test_what_waits_in_several_topics_adds_up(
    kafka: Kafka, database: str, topic_prefix: str
) -> None:
    one, other, none = (f"{topic_prefix}{name}" for name in ("one", "other", "none"))
    produce(kafka, one, {0: 10})
    produce(kafka, other, {0: 3, 1: 4})

    await store(database, other, partition=1, last_offset=1)

    assert await count_unstored(kafka.address, database, [one, none, other]) == 15


async def test_a_broker_that_is_away_does_not_look_drained(database: str) -> None:
    assert await count_unstored("127.0.0.1:1", database, ["content_sessions"]) is None
