"""Whether a topic is still the one that was stored."""

import asyncio
import time
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from confluent_kafka import KafkaException

from batching.topic_identity import PartitionIdentity, TopicChangedError, check_identity, judge
from devstack.engines import Kafka
from models.positions import Position, ReadTo, TopicPartition
from tests.integration.topics import Topic

NOTHING = Position(1, -1, None)


@pytest.fixture
def topic(kafka: Kafka, topic_prefix: str) -> Topic:
    """Make a topic of ten records."""
    topic = Topic(kafka.address, f"{topic_prefix}identities")
    topic.create()
    topic.produce([b"x"] * 10)
    return topic


def timestamp_of(topic: Topic, offset: int) -> int:
    return int(topic.read(offset + 1)[-1].timestamp()[1])


async def checked(topic: Topic, held: Position) -> PartitionIdentity:
    tp = TopicPartition(topic.name, 0)
    return (await check_identity(topic.broker, {tp: held}))[tp]


async def first_offset(topic: Topic, held: Position) -> int:
    return (await checked(topic, held)).first


async def id_of(topic: Topic) -> UUID:
    topic_id = (await checked(topic, NOTHING)).topic_id
    assert topic_id
    return topic_id


@pytest.mark.parametrize("offset", [0, 5, 9])
async def test_a_topic_that_holds_what_was_stored_is_the_same(topic: Topic, offset: int) -> None:
    assert await first_offset(topic, Position(1, offset, timestamp_of(topic, offset))) == 0


async def test_a_partition_of_which_nothing_is_stored_begins_where_it_begins(topic: Topic) -> None:
    topic.delete_records(before=4)

    assert await first_offset(topic, NOTHING) == 4


async def test_stored_records_may_be_gone(topic: Topic) -> None:
    held = Position(1, 5, timestamp_of(topic, 5))
    topic.delete_records(before=6)

    assert await first_offset(topic, held) == 6


@pytest.mark.parametrize(
    ("held", "reason"),
    [
        pytest.param(Position(1, 10, 1), "ends at offset 10", id="it has fewer records"),
        pytest.param(Position(1, 5, 1), "record at offset 5 is not the one", id="it has others"),
    ],
)
async def test_a_topic_made_anew_is_recognised(topic: Topic, held: Position, reason: str) -> None:
    with pytest.raises(TopicChangedError, match=rf"{reason}.*made anew.*headrace epoch new"):
        await first_offset(topic, held)


async def test_records_lost_before_they_were_stored_are_noticed(topic: Topic) -> None:
    held = Position(1, 5, timestamp_of(topic, 5))
    topic.delete_records(before=9)

    with pytest.raises(TopicChangedError, match=r"retention took 3 records.*headrace epoch new"):
        await first_offset(topic, held)


async def test_a_topic_that_is_gone_is_not_the_one_that_was_stored(kafka: Kafka) -> None:
    with pytest.raises(TopicChangedError, match=r"it is not there"):
        await first_offset(Topic(kafka.address, "gone"), Position(1, 5, 1))


async def test_what_lies_behind_the_last_record_was_read_and_is_not_lost(topic: Topic) -> None:
    producer = topic.producer(transactional_id=topic.name)
    producer.init_transactions()
    producer.begin_transaction()
    producer.produce(topic.name, b"in a transaction")
    producer.commit_transaction()  # its marker is at offset 11, a moment later
    deadline = time.monotonic() + 10
    while True:
        try:
            topic.delete_records(before=12)
            break
        except KafkaException:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)
    last = Position(1, 10, 1)

    assert await first_offset(topic, last._replace(next_offset=12)) == 12
    with pytest.raises(TopicChangedError, match="retention took 1 records"):
        await first_offset(topic, last)


async def test_a_topic_with_another_id_is_another_whatever_it_holds(topic: Topic) -> None:
    held = Position(1, 5, timestamp_of(topic, 5), 6, 0, uuid4())

    with pytest.raises(TopicChangedError, match=r"its id is .*headrace epoch new"):
        await first_offset(topic, held)


@pytest.mark.parametrize("last", [-1, 5])
async def test_the_id_is_learned_with_the_first_look(topic: Topic, last: int) -> None:
    topic_id = await id_of(topic)
    held = Position(1, last, timestamp_of(topic, last) if last >= 0 else None)

    assert (await checked(topic, held)).topic_id == topic_id


async def test_a_log_of_the_same_topic_that_ends_too_soon_was_truncated(topic: Topic) -> None:
    held = Position(1, 14, 1, 15, 0, await id_of(topic))

    with pytest.raises(TopicChangedError, match=r"lost.*offset 10.*epoch resume-after-truncation"):
        await first_offset(topic, held)


FOUND = PartitionIdentity(0, topic_id=UUID(int=1), same_to=ReadTo(95, 4))
HELD = Position(1, 99, 1, 100, 4, UUID(int=1))


@pytest.mark.parametrize(
    ("held", "found", "end", "verdict"),
    [
        pytest.param(HELD, FOUND, 95, "truncated", id="its tail is gone"),
        pytest.param(HELD, FOUND, 105, "truncated", id="its tail is another"),
        pytest.param(
            HELD,
            replace(FOUND, same_to=ReadTo(100, 4)),
            90,
            "same",
            id="its leader is too new to know its end",
        ),
        pytest.param(HELD._replace(topic_id=None), FOUND, 105, "unclear", id="of an unknown topic"),
        pytest.param(HELD._replace(last_offset=94), FOUND, 105, "same", id="a marker is gone"),
        pytest.param(
            HELD, PartitionIdentity(0, topic_id=UUID(int=2)), 105, "recreated", id="another topic"
        ),
        pytest.param(
            HELD, PartitionIdentity(101, topic_id=UUID(int=1)), 105, "lost", id="its begin is gone"
        ),
    ],
)
def test_a_verdict(held: Position, found: PartitionIdentity, end: int, verdict: str) -> None:
    assert judge(held, found, end).verdict == verdict


def test_it_is_read_on_from_where_it_is_what_was_read() -> None:
    assert judge(HELD._replace(last_offset=94), FOUND, 105).same_to == ReadTo(95, 4)
