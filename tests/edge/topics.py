"""What a topic holds now."""

from confluent_kafka import Consumer, Message, TopicPartition

from tests.integration.topics import Topic

_SECONDS = 20


def everything(topic: Topic) -> list[Message]:
    """Read partition 0 from its begin to the end that it has now."""
    consumer = Consumer(
        {"bootstrap.servers": topic.broker, "group.id": "tests", "fetch.wait.max.ms": 10}
    )
    try:
        place = TopicPartition(topic.name, 0, 0)
        _, end = consumer.get_watermark_offsets(place, timeout=_SECONDS)
        consumer.assign([place])
        found: list[Message] = []
        while len(found) < end:
            some = consumer.consume(end - len(found), timeout=_SECONDS)
            assert some, f"{len(found)} of {end} records of {topic.name} within {_SECONDS} s"
            found += some
        return found
    finally:
        consumer.close()
