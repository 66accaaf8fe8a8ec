"""Finding out by leader epochs that a log is no longer what was read."""

from aiokafka import AIOKafkaConsumer, TopicPartition

from batching.fetch import FetchedRecords, batch_topics
from batching.leader_epochs import ask_epoch_ends
from devstack.engines import Kafka
from models import positions
from models.positions import ReadTo
from tests.integration.topics import Topic
from tests.integration.truncation import lose_records


async def read_and_ask(topic: Topic, offset: int, read: ReadTo) -> tuple[FetchedRecords, ReadTo]:
    """Read once from `offset` on; ask the leader whether it holds what was `read`."""
    batch_topics([topic.name])
    tp = positions.TopicPartition(topic.name, 0)
    consumer = AIOKafkaConsumer(bootstrap_servers=topic.broker, enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign([TopicPartition(*tp)])
        consumer.seek(TopicPartition(*tp), offset)
        [records] = (await consumer.getmany(timeout_ms=20_000)).values()
        assert isinstance(records, FetchedRecords)
        leader = consumer._client.cluster.leader_for_partition(TopicPartition(*tp))  # noqa: SLF001
        ends = await ask_epoch_ends(consumer._client.send, leader, {tp: read})  # noqa: SLF001
        return records, ends[tp]
    finally:
        await consumer.stop()


async def test_records_behind_a_rewritten_tail_have_a_later_leader_who_knows_where_it_began(
    own_kafka: Kafka,
) -> None:
    topic = Topic(own_kafka.address, "rewritten")
    topic.create()
    topic.produce([b"old"] * 95)
    topic.produce([b"lost"] * 5)
    before, still = await read_and_ask(topic, 0, ReadTo(100, 0))

    lose_records(own_kafka, topic.name, first_lost=95)
    own_kafka.start()
    topic.produce([b"new"] * 10)
    after, same_to = await read_and_ask(topic, 100, ReadTo(100, before.leader_epoch))

    assert (before.end, before.leader_epoch, still) == (100, 0, ReadTo(100, 0))
    assert [record.value for record in after] == [b"new"] * 5
    assert after.leader_epoch
    assert same_to == ReadTo(95, 0)


async def test_a_leader_that_only_went_on_holds_what_was_read(own_kafka: Kafka) -> None:
    topic = Topic(own_kafka.address, "continued")
    topic.create()
    topic.produce([b"old"] * 100)
    own_kafka.restart()
    topic.produce([b"new"])

    records, same_to = await read_and_ask(topic, 100, ReadTo(100, 0))

    assert records.leader_epoch
    assert same_to == ReadTo(100, 0)


async def test_of_what_an_unknown_leader_took_nothing_is_asked() -> None:
    tp = positions.TopicPartition("any", 0)

    async def unasked(*_: object) -> None:
        raise AssertionError("asked")

    assert await ask_epoch_ends(unasked, 1, {tp: ReadTo(100, None)}) == {}
