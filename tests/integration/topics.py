"""Topics and records, made by programs that are not ours: kcat and librdkafka."""

import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from confluent_kafka import (
    Consumer,
    ConsumerGroupTopicPartitions,
    Message,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewPartitions, NewTopic

_SECONDS = 20


@dataclass(frozen=True)
class Topic:
    """One topic of a broker."""

    broker: str
    name: str

    @cached_property
    def admin(self) -> AdminClient:
        return AdminClient({"bootstrap.servers": self.broker})

    def create(self, partitions: int = 1, config: Mapping[str, str] | None = None) -> None:
        """Create it, also just after it was deleted."""
        topic = NewTopic(self.name, partitions, 1, config=dict(config or {}))
        self.admin.create_topics([topic])[self.name].result(_SECONDS)

    def delete(self) -> None:
        """Delete it, and wait until the broker has forgotten it."""
        self.admin.delete_topics([self.name])[self.name].result(_SECONDS)
        deadline = time.monotonic() + _SECONDS
        while self.name in self.admin.list_topics(timeout=_SECONDS).topics:
            assert time.monotonic() < deadline, f"{self.name} is still there"
            time.sleep(0.1)

    def widen(self, partitions: int) -> None:
        done = self.admin.create_partitions([NewPartitions(self.name, partitions)])
        done[self.name].result(_SECONDS)

    def delete_records(self, before: int, partition: int = 0) -> None:
        """Take records away as retention would."""
        place = TopicPartition(self.name, partition, before)
        self.admin.delete_records([place])[place].result(_SECONDS)

    def commit_as(self, group: str, offset: int) -> None:
        """Set the group's committed offset of partition 0; the group must have no members."""
        wanted = ConsumerGroupTopicPartitions(group, [TopicPartition(self.name, 0, offset)])
        self.admin.alter_consumer_group_offsets([wanted])[group].result(_SECONDS)

    def committed_by(self, group: str) -> int:
        """Give the group's committed offset of partition 0."""
        asked = ConsumerGroupTopicPartitions(group, [TopicPartition(self.name, 0)])
        found = self.admin.list_consumer_group_offsets([asked])[group].result(_SECONDS)
        return int(found.topic_partitions[0].offset)

    def forget_group(self, group: str) -> None:
        self.admin.delete_consumer_groups([group])[group].result(_SECONDS)

    def kcat(self, lines: Iterable[bytes], partition: int = 0, *options: str) -> None:
        """Have Debian's kcat send each line as a record."""
        command = ["kcat", "-P", "-b", self.broker, "-t", self.name, "-p", str(partition), *options]
        subprocess.run(command, input=b"\n".join(lines) + b"\n", check=True, timeout=_SECONDS)

    def produce(
        self, values: Iterable[bytes | None], partition: int = 0, **options: str | int
    ) -> None:
        """Send values with librdkafka; its options with `_` for `.`."""
        producer = self.producer(**options)
        for value in values:
            producer.produce(self.name, value, partition=partition)
        assert producer.flush(_SECONDS) == 0

    def produce_at(self, records: Iterable[tuple[bytes, int]]) -> None:
        """Send values with timestamps (milliseconds) of their own, however odd."""
        producer = self.producer()
        for value, timestamp in records:
            producer.produce(self.name, value, partition=0, timestamp=timestamp)
        assert producer.flush(_SECONDS) == 0

    def producer(self, **options: str | int) -> Producer:
        named = {name.replace("_", "."): value for name, value in options.items()}
        return Producer({"bootstrap.servers": self.broker, **named})

    def partition(self, number: int, offset: int = 0) -> TopicPartition:
        return TopicPartition(self.name, number, offset)

    def reader(self) -> Consumer:
        """Begin to read partition 0, only what is committed."""
        consumer = Consumer({"bootstrap.servers": self.broker, "group.id": "reader"})
        consumer.assign([self.partition(0)])
        return consumer

    def read(self, count: int) -> list[Message]:
        """Read the first records of partition 0."""
        consumer = Consumer(
            {
                "bootstrap.servers": self.broker,
                "group.id": "reader",
                "fetch.message.max.bytes": 32 * 1024 * 1024,
            }
        )
        consumer.assign([TopicPartition(self.name, 0, 0)])
        messages = consumer.consume(count, timeout=_SECONDS)
        consumer.close()
        return messages
