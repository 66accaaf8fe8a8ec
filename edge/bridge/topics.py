"""What Kafka says of the topics that the bridge shows, remembered for a while."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import ConfigResource
from confluent_kafka.admin._listoffsets import OffsetSpec
from confluent_kafka.admin._metadata import PartitionMetadata, TopicMetadata

from edge.bridge.errors import BridgeError
from edge.problems import try_later

logger = logging.getLogger(__name__)

T = TypeVar("T")

_FRESH_SECONDS = 1.0
_KNOWN_SECONDS = 30.0
_AWAY_SECONDS = 5


class TopicDirectory:
    """Knows the topics of `names`, and shows no other. Waits for Kafka for so many seconds."""

    def __init__(self, broker: str, names: Collection[str], seconds: float) -> None:
        self._broker = broker
        self._seconds = seconds
        self._names = frozenset(names)
        self._admin: AdminClient | None = None
        self._found: Mapping[str, TopicMetadata] = {}
        self._asked = float("-inf")
        self._asking: asyncio.Future[None] | None = None

    async def names(self) -> list[str]:
        """Give those that are there. Raises Problem 503."""
        await self._know(_FRESH_SECONDS)
        return sorted(self._found)

    async def partitions(self, topic: str, at_least: int = 0) -> Mapping[int, PartitionMetadata]:
        """Give the partitions of a topic, asking anew where it has fewer than one needs to know of.

        What is known serves while it is asked for anew: no request waits for that. Raises
        BridgeError 404, Problem 503.
        """
        self._must_be_shown(topic)
        known = self._found.get(topic)
        if known is None or len(known.partitions) < at_least:
            await self._know(_FRESH_SECONDS)
        elif time.monotonic() - self._asked > _KNOWN_SECONDS:
            self._question()
        if topic not in self._found:
            raise _unknown(topic)
        found: Mapping[int, PartitionMetadata] = self._found[topic].partitions
        return found

    async def partitions_now(self, topic: str) -> Mapping[int, PartitionMetadata]:
        """Give the partitions as they are. Raises BridgeError 404, Problem 503."""
        self._must_be_shown(topic)
        await self._know(_FRESH_SECONDS)
        return await self.partitions(topic)

    async def configs(self, topic: str) -> dict[str, str]:
        """Give the topic's settings. Raises Problem 503."""
        resource = ConfigResource(ConfigResource.Type.TOPIC, topic)

        def configs(admin: AdminClient) -> Any:
            asked = admin.describe_configs([resource], request_timeout=self._seconds)
            return asked[resource].result(self._seconds)

        found = await self._ask(configs)
        return {name: entry.value for name, entry in sorted(found.items())}

    async def offsets(self, topic: str, partition: int) -> tuple[int, int]:
        """Give the first offset, and the one that follows the last. Raises Problem 503."""
        place = TopicPartition(topic, partition)
        first = OffsetSpec.earliest()  # type: ignore[no-untyped-call]
        next_one = OffsetSpec.latest()  # type: ignore[no-untyped-call]

        def offset(admin: AdminClient, spec: OffsetSpec) -> int:
            asked = admin.list_offsets({place: spec}, request_timeout=self._seconds)
            return int(asked[place].result(self._seconds).offset)

        return await self._ask(lambda admin: (offset(admin, first), offset(admin, next_one)))

    def _must_be_shown(self, topic: str) -> None:
        if topic not in self._names:
            raise _unknown(topic)

    async def _know(self, seconds: float) -> None:
        """Have an answer that is not older; all who wait share one question."""
        if time.monotonic() - self._asked < seconds:
            return
        await asyncio.shield(self._question())

    def _question(self) -> asyncio.Future[None]:
        if self._asking is None:
            self._asking = asyncio.ensure_future(self._refresh())
            self._asking.add_done_callback(_retrieved)
        return self._asking

    async def _refresh(self) -> None:
        try:
            found = await self._ask(lambda admin: admin.list_topics(timeout=self._seconds).topics)
            self._found = {
                name: topic
                for name, topic in found.items()
                if name in self._names and topic.error is None
            }
            self._asked = time.monotonic()
        finally:
            self._asking = None

    async def _ask(self, question: Callable[[AdminClient], T]) -> T:
        if self._admin is None:
            self._admin = AdminClient({"bootstrap.servers": self._broker}, logger=logger)
        try:
            return await asyncio.get_running_loop().run_in_executor(None, question, self._admin)
        except (KafkaException, TimeoutError) as error:
            raise try_later(_AWAY_SECONDS, f"Kafka does not answer: {error}") from None


def _unknown(topic: str) -> BridgeError:
    return BridgeError(404, f"Topic '{topic}' is none that this bridge writes to: see GET /topics")


def _retrieved(future: asyncio.Future[None]) -> None:
    # nobody may wait for it: asyncio would complain of an error that nobody took
    if not future.cancelled():
        future.exception()
