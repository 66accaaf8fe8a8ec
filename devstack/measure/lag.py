"""How much of some topics is not stored yet: Kafka's log ends against the database's positions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError, NoError, UnknownTopicOrPartitionError, for_code

from db.stored import positions


async def count_unstored(broker: str, dsn: str, topics: Sequence[str]) -> int | None:
    """Count records; none for a topic that does not exist yet, None when Kafka does not say."""
    try:
        ends = await _log_ends(broker, topics)
    except KafkaError:
        return None
    stored = {topic: await positions(dsn, topic) for topic in topics}
    return sum(
        max(0, end - stored[place.topic].get(place.partition, 0)) for place, end in ends.items()
    )


async def _log_ends(broker: str, topics: Sequence[str]) -> dict[TopicPartition, int]:
    partitions = await _partitions(broker, topics)
    if not partitions:
        return {}
    consumer = AIOKafkaConsumer(bootstrap_servers=broker)
    try:
        await consumer.start()
        return cast("dict[TopicPartition, int]", await consumer.end_offsets(partitions))
    finally:
        await consumer.stop()


async def _partitions(broker: str, topics: Sequence[str]) -> list[TopicPartition]:
    """Leave out only topics that are not there: no answer must not look like no records."""
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    try:
        await admin.start()
        described = await admin.describe_topics(list(topics))
    finally:
        await admin.close()
    return [place for topic in described for place in _of_topic(topic)]


def _of_topic(described: Mapping[str, Any]) -> list[TopicPartition]:
    error, topic = for_code(described["error_code"]), described["topic"]
    if error is UnknownTopicOrPartitionError:
        return []
    if error is not NoError:
        raise error(topic)
    return [TopicPartition(topic, one["partition"]) for one in described["partitions"]]
