"""What somebody else has written under a source's name ends it in words, and doubles nothing."""

import pytest

from batching.transactions import ResumePointError, SourcePlace, SourceTopic
from devstack.engines import Kafka
from tests.integration.topics import Topic


@pytest.mark.parametrize("value", [b"no json", b"[]", b'{"resume": 5}'])
async def test_a_foreign_record_under_the_sources_name_is_told(
    kafka: Kafka, topic_prefix: str, value: bytes
) -> None:
    place = SourcePlace(kafka.address, f"{topic_prefix}t", f"{topic_prefix}s", "mine", 1, 1)
    source = SourceTopic(place)
    await source.open()
    await source.commit(source.seal({"a": 1}))
    await source.close()
    producer = Topic(kafka.address, place.resume_topic).producer()
    producer.produce(place.resume_topic, value, key=b"mine")
    assert producer.flush(30) == 0

    again = SourceTopic(place)
    try:
        with pytest.raises(ResumePointError, match="its key is mine"):
            await again.open()
    finally:
        await again.close()
