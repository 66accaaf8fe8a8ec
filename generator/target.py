"""Where records go: one topic of one broker, made if it is missing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaConnectionError, TopicAlreadyExistsError, for_code

from config.environment import PlainError

Compression = Literal["none", "gzip", "snappy", "lz4", "zstd"]

_ANSWER_MS = 10_000
REACH_SECONDS = 25.0
"""Of all brokers together: a frozen one takes the connection and never answers."""

_REPLICAS = 1  # aiokafka cannot ask for the default of the broker; production makes its own topics


class BrokerUnreachable(PlainError):  # noqa: N818 - tells what is, and what to do
    """Nothing that speaks Kafka answers at the address."""

    def __init__(self, broker: str) -> None:
        super().__init__(
            f"no Kafka broker answers at {broker}: start one, or set HEADRACE_BROKER=host:port"
        )


@dataclass(frozen=True, slots=True)
class Target:
    """`partitions` is how many the topic gets if it has to be made."""

    broker: str
    topic: str
    partitions: int = 4
    compression: Compression = "none"


async def make_topic(target: Target) -> None:
    """Make the topic unless it is there. Raises BrokerUnreachable."""
    async with _admin(target.broker) as admin:
        topic = NewTopic(target.topic, target.partitions, _REPLICAS)
        answer = await admin.create_topics([topic])
    for _, code, message in answer.topic_errors:
        refusal = for_code(code)
        if code and refusal is not TopicAlreadyExistsError:
            raise refusal(message)


async def reach(broker: str) -> None:
    """Return once a broker has answered. Raises BrokerUnreachable after some seconds."""
    async with _admin(broker):
        pass


@asynccontextmanager
async def _admin(broker: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker, request_timeout_ms=_ANSWER_MS)
    try:
        async with asyncio.timeout(REACH_SECONDS):
            await admin.start()
            yield admin
    except (KafkaConnectionError, TimeoutError) as error:
        raise BrokerUnreachable(broker) from error
    finally:
        await admin.close()
