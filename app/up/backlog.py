"""How much of a topic is not stored yet: Kafka's log ends against the database's positions."""

from __future__ import annotations

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

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
    consumer = AIOKafkaConsumer(bootstrap_servers=broker)
    await consumer.start()
    try:
        if topic not in await consumer.topics():
            return {}
        partitions = consumer.partitions_for_topic(topic) or ()
        ends = await consumer.end_offsets([TopicPartition(topic, number) for number in partitions])
        return {place.partition: end for place, end in ends.items()}
    finally:
        await consumer.stop()
