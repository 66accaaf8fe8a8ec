"""What stands in a topic, all of it."""

import json
from typing import Any

from confluent_kafka import Consumer, Message, TopicPartition

from tests.integration.topics import Topic

_SECONDS = 20


def end_of(topic: Topic, partition: int = 0) -> int:
    """Give the offset that the next record will have."""
    consumer = Consumer({"bootstrap.servers": topic.broker, "group.id": "reader"})
    place = TopicPartition(topic.name, partition)
    end: int = consumer.get_watermark_offsets(place, _SECONDS)[1]
    consumer.close()
    return end


def read_all(topic: Topic) -> list[Message]:
    """Read all that was acknowledged so far."""
    end = end_of(topic)
    return topic.read(end) if end else []


def events_of(topic: Topic, session_id: str) -> list[dict[str, Any]]:
    """Give the heartbeats of a session, in order."""
    held = [record.value() or b"" for record in read_all(topic)]
    named = f'"{session_id}"'.encode()
    return [json.loads(value) for value in held if named in value and value.startswith(b"{")]
