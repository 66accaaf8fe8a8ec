"""The topics of an edge's streams: made where they are missing, as workers make them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Sequence

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

logger = logging.getLogger(__name__)

_ANSWER_SECONDS = 10.0
_PAUSE_SECONDS = 2.0


class Topics:
    """Makes topics once the broker answers; an edge starts without it.

    Those that the bridge is `expected` to write to are not made, but missed in the log.
    """

    def __init__(
        self,
        broker: str,
        names: Collection[str],
        partitions: int,
        replicas: int,
        expected: Sequence[str] = (),
    ) -> None:
        self._broker = broker
        self._expected = expected
        self._wanted = [NewTopic(name, partitions, replicas) for name in names]
        self.ready = False

    async def make(self) -> None:
        """Return when all are there, however long that takes."""
        loop = asyncio.get_running_loop()
        admin = AdminClient({"bootstrap.servers": self._broker}, logger=logger)
        while not self.ready:
            try:
                await loop.run_in_executor(None, self._make_missing, admin)
                self.ready = True
            except KafkaException as error:
                logger.warning("waiting for Kafka, to see that topics are there: %s", error)
                await asyncio.sleep(_PAUSE_SECONDS)

    def _make_missing(self, admin: AdminClient) -> None:
        there = admin.list_topics(timeout=_ANSWER_SECONDS).topics
        missing = [topic for topic in self._wanted if topic.topic not in there]
        for made in admin.create_topics(missing).values() if missing else ():
            try:
                made.result(_ANSWER_SECONDS)
            except KafkaException as error:
                if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                    raise
        self._miss(there)

    def _miss(self, there: Collection[str]) -> None:
        """Tell by their places, for a setting's words are not logged, which topics are missed."""
        known = {*there, *(topic.topic for topic in self._wanted)}
        absent = [str(place) for place, name in enumerate(self._expected, 1) if name not in known]
        if absent:
            logger.warning(
                "HEADRACE_EDGE_BRIDGE_TOPICS: Kafka has no topic by the name at place %s of %d, or "
                "does not show it: /topics answers 404 for it until it is made",
                ", ".join(absent),
                len(self._expected),
            )
