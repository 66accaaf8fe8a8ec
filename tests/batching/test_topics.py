"""Topics that are made when they are missing."""

import asyncio

from batching.topics import create_missing
from devstack.engines import Kafka


async def test_a_topic_is_known_as_soon_as_it_is_made(kafka: Kafka, topic_prefix: str) -> None:
    # many at once: then the broker falls behind with hearing of what it made
    topics = [{f"{topic_prefix}{number}": 2} for number in range(60)]

    made = await asyncio.gather(*(create_missing(kafka.address, one, 1, {}) for one in topics))

    assert made == topics
