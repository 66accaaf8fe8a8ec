"""Whether a topic is still the one that was stored."""

import pytest

from app.engines import Kafka
from batching.lives import TopicChangedError, check_lives
from models.positions import Position, TopicPartition
from tests.integration.topics import Topic

NOTHING = Position(1, -1, None)


@pytest.fixture
def topic(kafka: Kafka, topic_prefix: str) -> Topic:
    """Make a topic of ten records."""
    topic = Topic(kafka.address, f"{topic_prefix}lives")
    topic.create()
    topic.produce([b"x"] * 10)
    return topic


def timestamp_of(topic: Topic, offset: int) -> int:
    return int(topic.read(offset + 1)[-1].timestamp()[1])


async def first_offset(topic: Topic, held: Position) -> int:
    tp = TopicPartition(topic.name, 0)
    return (await check_lives(topic.broker, {tp: held}))[tp]


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
