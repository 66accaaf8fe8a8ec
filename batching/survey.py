"""What a Kafka cluster says about itself: nodes, topics, and who holds which partition."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka import TopicPartition as KafkaPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment
from aiokafka.errors import NoError, for_code

from models.positions import TopicPartition


@dataclass(frozen=True, slots=True)
class Holder:
    """A member of the consumer group, and what it was assigned."""

    client: str
    host: str
    partitions: frozenset[TopicPartition]


@dataclass(frozen=True, slots=True)
class Cluster:
    """`partitions` is None for a topic that is not there; `leaderless` have no broker now."""

    nodes: int
    partitions: dict[str, int | None]
    leaderless: list[TopicPartition] = field(default_factory=list)
    holders: list[Holder] = field(default_factory=list)


async def survey_topics(broker: str, topics: Iterable[str], group: str) -> Cluster:
    """Ask. Raises KafkaError, or OSError, as they come; bound the time outside."""
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    try:
        await admin.start()
        cluster = await admin.describe_cluster()
        names = list(topics)
        described = await admin.describe_topics(names)
        return Cluster(
            len(cluster["brokers"]),
            dict.fromkeys(names)
            | {one["topic"]: len(one["partitions"]) for one in _there(described)},
            [
                TopicPartition(one["topic"], part["partition"])
                for one in _there(described)
                for part in one["partitions"]
                if part["leader"] < 0
            ],
            await _holders(admin, group),
        )
    finally:
        await admin.close()


async def group_holders(broker: str, group: str) -> dict[TopicPartition, str]:
    """Say whom Kafka gave each partition: client and host. Raises as survey_topics does."""
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    try:
        await admin.start()
        found = await _holders(admin, group)
    finally:
        await admin.close()
    return {tp: f"{one.client} on {one.host}" for one in found for tp in one.partitions}


async def first_after(
    broker: str, partitions: Iterable[TopicPartition], milliseconds: int
) -> dict[TopicPartition, int]:
    """Give the timestamp of the first record that is not before a time, where there is one."""
    asked = {KafkaPartition(tp.topic, tp.partition): milliseconds for tp in partitions}
    if not asked:
        return {}
    consumer = AIOKafkaConsumer(bootstrap_servers=broker)
    try:
        await consumer.start()
        found = await consumer.offsets_for_times(asked)
    finally:
        await consumer.stop()
    return {
        TopicPartition(tp.topic, tp.partition): record.timestamp
        for tp, record in found.items()
        if record is not None
    }


def _there(described: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in described if for_code(one["error_code"]) is NoError]


async def _holders(admin: AIOKafkaAdminClient, group: str) -> list[Holder]:
    return [
        _holder(member)
        for answer in await admin.describe_consumer_groups([group])
        for one in answer.to_object()["groups"]
        for member in one["members"]
    ]


def _holder(member: dict[str, Any]) -> Holder:
    raw = member["member_assignment"]
    assigned = ConsumerProtocolMemberAssignment.decode(raw).assignment if raw else []
    return Holder(
        member["client_id"],
        member["client_host"].removeprefix("/"),
        frozenset(TopicPartition(topic, number) for topic, some in assigned for number in some),
    )
