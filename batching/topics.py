"""Topics that have to be there, with as many partitions as they need."""

from collections.abc import Mapping

from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code


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
        found = await admin.describe_topics(list(partitions))
        return {topic["topic"]: len(topic["partitions"]) for topic in found}
    finally:
        await admin.close()


async def widen(broker: str, partitions: Mapping[str, int]) -> None:
    """Give topics more partitions, up to the number named."""
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    try:
        found = await admin.describe_topics(list(partitions))
        narrow = {
            topic["topic"]: NewPartitions(total_count=partitions[topic["topic"]])
            for topic in found
            if len(topic["partitions"]) < partitions[topic["topic"]]
        }
        if narrow:
            await admin.create_partitions(narrow)
    finally:
        await admin.close()
