"""Where records go: one topic of one broker, made if it is missing."""

from dataclasses import dataclass
from typing import Literal

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaConnectionError, TopicAlreadyExistsError, for_code

Compression = Literal["none", "gzip", "snappy", "lz4", "zstd"]

_REPLICAS = 1  # aiokafka cannot ask for the default of the broker; production makes its own topics


class BrokerUnreachable(Exception):  # noqa: N818 - tells what is, and what to do
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
    admin = AIOKafkaAdminClient(bootstrap_servers=target.broker)
    try:
        await admin.start()
        topic = NewTopic(target.topic, target.partitions, _REPLICAS)
        answer = await admin.create_topics([topic])
    except KafkaConnectionError as error:
        raise BrokerUnreachable(target.broker) from error
    finally:
        await admin.close()
    for _, code, message in answer.topic_errors:
        refusal = for_code(code)
        if code and refusal is not TopicAlreadyExistsError:
            raise refusal(message)
