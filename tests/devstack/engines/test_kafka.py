"""Apache Kafka on this machine: it keeps records and its address over stops and kills."""

from collections.abc import Callable

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from devstack.engines import EngineError, Kafka

STOPS: list[Callable[[Kafka], None]] = [Kafka.stop, Kafka.kill]


def create_topic(address: str, name: str) -> None:
    admin = AdminClient({"bootstrap.servers": address})
    admin.create_topics([NewTopic(name, num_partitions=1, replication_factor=1)])[name].result(20)


def produce(address: str, topic: str, value: bytes) -> None:
    producer = Producer({"bootstrap.servers": address})
    producer.produce(topic, value)
    assert producer.flush(20) == 0


def read(address: str, topic: str, count: int) -> list[bytes | None]:
    consumer = Consumer({"bootstrap.servers": address, "group.id": "test"})
    consumer.assign([TopicPartition(topic, 0, 0)])
    messages = consumer.consume(count, timeout=20)
    consumer.close()
    return [message.value() for message in messages]


@pytest.mark.parametrize("end", STOPS, ids=["stopped", "killed"])
def test_a_restarted_broker_has_the_same_address_and_records(
    own_kafka: Kafka, end: Callable[[Kafka], None]
) -> None:
    address = own_kafka.address
    create_topic(address, "kept")
    produce(address, "kept", b"before")

    end(own_kafka)
    assert not own_kafka.is_ready()
    own_kafka.start()
    produce(own_kafka.address, "kept", b"after")

    assert own_kafka.address == address
    assert read(address, "kept", 2) == [b"before", b"after"]


def test_a_broker_left_by_a_killed_run_does_not_hinder_the_next(own_kafka: Kafka) -> None:
    next_run = Kafka(own_kafka.folder)

    next_run.start()

    assert not own_kafka.child.running
    assert next_run.is_ready()
    next_run.kill()


def test_a_broker_that_cannot_start_shows_the_end_of_its_log(own_kafka: Kafka) -> None:
    own_kafka.stop()
    (own_kafka.folder / "data" / "meta.properties").write_text("version=1\ncluster.id=other\n")

    with pytest.raises(
        EngineError, match=r"(?s)Kafka ended with code 1 while starting.*No readable meta"
    ):
        own_kafka.start()


def test_topics_are_made_on_a_shared_broker(kafka: Kafka, topic_prefix: str) -> None:
    create_topic(kafka.address, f"{topic_prefix}one")
    produce(kafka.address, f"{topic_prefix}one", b"value")

    assert read(kafka.address, f"{topic_prefix}one", 1) == [b"value"]
