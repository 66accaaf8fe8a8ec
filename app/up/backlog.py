"""How much of a topic is not stored yet: Kafka's log ends against the database's positions."""

from __future__ import annotations

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError, NoError, UnknownTopicOrPartitionError, for_code

from db.stored import positions


async def backlog(broker: str, dsn: str, topic: str) -> int | None:
    """Count records; 0 for a topic that does not exist yet, None when Kafka does not say."""
    try:
        ends = await _log_ends(broker, topic)
    except KafkaError:
        return None
    stored = await positions(dsn, topic)
    return sum(max(0, end - stored.get(partition, 0)) for partition, end in ends.items())


async def _log_ends(broker: str, topic: str) -> dict[int, int]:
    partitions = await _partitions(broker, topic)
    if not partitions:
        return {}
    consumer = AIOKafkaConsumer(bootstrap_servers=broker)
    try:
        await consumer.start()
        ends = await consumer.end_offsets(partitions)
        return {place.partition: end for place, end in ends.items()}
    finally:
        await consumer.stop()


async def _partitions(broker: str, topic: str) -> list[TopicPartition]:
    """Return none only for a topic that is not there: no answer must not look like no records."""
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    try:
        await admin.start()
        (described,) = await admin.describe_topics([topic])
    finally:
        await admin.close()
    error = for_code(described["error_code"])
    if error is UnknownTopicOrPartitionError:
        return []
    if error is not NoError:
        raise error(topic)
    return [TopicPartition(topic, one["partition"]) for one in described["partitions"]]
