"""A topic may take smaller batches than a source would send."""

import random

import pytest

from batching.transactions import SourcePlace, SourceTopic
from devstack.engines import Kafka
from tests.integration.topics import Topic

_RECORDS = 500


@pytest.mark.parametrize("largest", [20_000, 100_000])
async def test_what_cannot_be_packed_fits_as_well(
    kafka: Kafka, topic_prefix: str, largest: int
) -> None:
    topic = Topic(kafka.address, f"{topic_prefix}t")
    topic.create(config={"max.message.bytes": str(largest)})
    chance = random.Random(1)
    values = [chance.randbytes(1_000) for _ in range(_RECORDS)]
    source = SourceTopic(SourcePlace(kafka.address, topic.name, f"{topic_prefix}s", "mine", 1, 1))
    await source.open()
    try:
        source.add([(value, None, 1_000) for value in values])
        await source.commit(source.seal({}))
    finally:
        await source.close()

    read = topic.read(_RECORDS)

    assert [record.value() for record in read] == values
