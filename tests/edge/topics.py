"""What a topic holds now, and what it takes."""

import time

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import AlterConfigOpType, ConfigEntry, ConfigResource

from tests.integration.topics import Topic

_SECONDS = 20


def everything(topic: Topic) -> list[Message]:
    """Read partition 0 from its begin to the end that it has now."""
    consumer = Consumer(
        {"bootstrap.servers": topic.broker, "group.id": "tests", "fetch.wait.max.ms": 10}
    )
    try:
        place = TopicPartition(topic.name, 0, 0)
        end = _end(consumer, place)
        consumer.assign([place])
        found: list[Message] = []
        while len(found) < end:
            some = consumer.consume(end - len(found), timeout=_SECONDS)
            assert some, f"{len(found)} of {end} records of {topic.name} within {_SECONDS} s"
            found += some
        return found
    finally:
        consumer.close()


def allow(topic: Topic, size: int) -> None:
    """Have a topic take records of so many bytes."""
    entry = ConfigEntry("max.message.bytes", str(size), incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic.name, incremental_configs=[entry])
    admin = AdminClient({"bootstrap.servers": topic.broker})
    admin.incremental_alter_configs([resource])[resource].result(20)


def _end(consumer: Consumer, place: TopicPartition) -> int:
    deadline = time.monotonic() + _SECONDS
    while True:
        try:
            return int(consumer.get_watermark_offsets(place, timeout=_SECONDS)[1])
        except KafkaException:  # a broker that has just made a topic does not lead it yet
            assert time.monotonic() < deadline, f"no end of {place.topic}"
            time.sleep(0.1)
