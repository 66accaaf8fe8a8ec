"""Topics that have to be there, with as many partitions as they need."""

from collections.abc import Iterable, Mapping
from contextlib import suppress

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import (
    InvalidPartitionsError,
    LeaderNotAvailableError,
    TopicAlreadyExistsError,
    UnknownTopicOrPartitionError,
    for_code,
)
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_fixed

_LARGEST = "max.message.bytes"
_KNOWN_SECONDS, _LOOK_SECONDS = 5, 0.1


async def create_missing(
    broker: str, partitions: Mapping[str, int], replicas: int, config: Mapping[str, str]
) -> dict[str, int]:
    """Create those of the topics that are missing; return how many partitions each has now.

    Topics that exist are left as they are. Raises KafkaError where the broker refuses.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    try:
        existing = set(await admin.list_topics())
        missing = [
            NewTopic(name, count, replicas, topic_configs=dict(config))
            for name, count in partitions.items()
            if name not in existing
        ]
        if missing:
            response = await admin.create_topics(missing)
            for name, code, *message in response.topic_errors:
                if code and code != TopicAlreadyExistsError.errno:
                    raise for_code(code)(f"cannot create topic {name}: {message}")
        # what creates a topic answers before every broker, itself too, has heard of it
        patience = AsyncRetrying(
            retry=retry_if_exception_type((UnknownTopicOrPartitionError, LeaderNotAvailableError)),
            wait=wait_fixed(_LOOK_SECONDS),
            stop=stop_after_delay(_KNOWN_SECONDS),
            reraise=True,
        )
        return await patience(_count, admin, partitions)
    finally:
        await admin.close()


async def widen(broker: str, partitions: Mapping[str, int]) -> None:
    """Give topics more partitions, up to the number named."""
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    try:
        found = await _count(admin, partitions)
        narrow = {
            name: NewPartitions(total_count=count)
            for name, count in partitions.items()
            if found[name] < count
        }
        if narrow:
            with suppress(InvalidPartitionsError):  # another worker was quicker
                await admin.create_partitions(narrow)
    finally:
        await admin.close()


async def count_partitions(broker: str, topics: Iterable[str]) -> dict[str, int]:
    """Say how many partitions each topic has; 0 where there is no such topic."""
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    try:
        existing = set(await admin.list_topics())
        return dict.fromkeys(topics, 0) | await _count(admin, existing.intersection(topics))
    finally:
        await admin.close()


async def largest_batch(broker: str, topic: str) -> int | None:
    """Say how many bytes a record batch of a topic may have; None where Kafka does not tell us."""
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    try:
        asked = ConfigResource(ConfigResourceType.TOPIC, topic, dict.fromkeys([_LARGEST]))
        [answer] = await admin.describe_configs([asked])
    finally:
        await admin.close()
    [(code, _, _, _, entries)] = answer.resources
    told = {name: value for name, value, *_ in entries}.get(_LARGEST)
    return int(told) if not code and told else None  # some that speak Kafka tell no value


async def _count(admin: AIOKafkaAdminClient, topics: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    names = list(topics)
    for topic in await admin.describe_topics(names) if names else ():  # none would mean all
        if topic["error_code"]:
            raise for_code(topic["error_code"])(topic["topic"])
        counts[topic["topic"]] = len(topic["partitions"])
    return counts


async def drop_before(broker: str, topic: str, offsets: Mapping[int, int]) -> None:
    """Delete the records of partitions before these offsets. Raises KafkaError."""
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    try:
        await admin.delete_records(
            {
                TopicPartition(topic, number): RecordsToDelete(before_offset=offset)
                for number, offset in offsets.items()
            }
        )
    finally:
        await admin.close()
