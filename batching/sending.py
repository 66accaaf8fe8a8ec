"""A few records to Kafka, each acknowledged by all replicas, in a bounded time."""

import asyncio
from collections.abc import Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, KafkaError, MessageSizeTooLargeError

from batching.topics import create_missing
from models.positions import TopicPartition

_CONNECT_SECONDS = 10.0
_QUIET_SECONDS = 30.0
_TOGETHER = 500
_LARGEST_BYTES = 32 * 1024 * 1024

Sent = tuple[TopicPartition, int]
"""Where a record is, and its offset."""


class NotSentError(Exception):
    """The broker does not answer or refuses; `sent` were acknowledged before."""

    def __init__(self, message: str, sent: Sequence[Sent] = ()) -> None:
        super().__init__(message)
        self.sent = list(sent)


async def send(
    broker: str,
    topic: str,
    records: Sequence[tuple[bytes | None, bytes]],
    *,
    partitions: int,
    replicas: int,
) -> list[Sent]:
    """Send keys and values in their order; return where each one is. Makes a missing topic.

    Raises NotSentError when the broker cannot be reached within 10 s, or acknowledges nothing
    for 30 s.
    """
    producer = AIOKafkaProducer(
        bootstrap_servers=broker,
        acks="all",
        enable_idempotence=True,
        max_request_size=_LARGEST_BYTES,
    )
    sent: list[Sent] = []
    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            await create_missing(broker, {topic: partitions}, replicas, {})
            await producer.start()
        for begin in range(0, len(records), _TOGETHER):
            async with asyncio.timeout(_QUIET_SECONDS):
                sent += await _acknowledged(producer, topic, records[begin : begin + _TOGETHER])
    except (TimeoutError, KafkaConnectionError, OSError):
        raise NotSentError(f"no Kafka broker answers at {broker}", sent) from None
    except MessageSizeTooLargeError:
        raise NotSentError(f"the broker at {broker} takes no record of this size", sent) from None
    except KafkaError as error:
        raise NotSentError(f"Kafka at {broker}: {error}", sent) from None
    finally:
        await _close(producer)
    return sent


async def _acknowledged(
    producer: AIOKafkaProducer, topic: str, records: Sequence[tuple[bytes | None, bytes]]
) -> list[Sent]:
    futures = [await producer.send(topic, value, key=key) for key, value in records]
    metadata = await asyncio.gather(*futures)
    return [(TopicPartition(topic, one.partition), one.offset) for one in metadata]


async def _close(producer: AIOKafkaProducer) -> None:
    # stop() waits for ever for what a broker that is gone did not acknowledge
    closing = asyncio.ensure_future(producer.stop())
    await asyncio.wait([closing], timeout=1.0)
    closing.cancel()
