"""Topics that a worker needs, made or widened before it reads."""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence

from aiokafka.errors import KafkaConnectionError, KafkaError

from app.settings import Settings
from batching.table import WindowTable
from batching.topics import create_missing, widen

logger = logging.getLogger(__name__)

_PAUSE_SECONDS = 1.0
_DEAD_LETTERS = {"max.message.bytes": str(32 * 1024 * 1024)}
_CHANGELOG = {
    # nobody reads them back (batching/recovery.py): for tools, and not for long
    "cleanup.policy": "compact,delete",
    "retention.ms": str(2 * 3_600_000),
    "segment.ms": str(600_000),
    "max.message.bytes": str(4 * 1024 * 1024),
}


class Preparation:
    """Can be run any number of times, by any number of workers at once."""

    def __init__(
        self,
        settings: Settings,
        tables: Mapping[str, Sequence[WindowTable]],
        dead_letters: Iterable[str],
    ) -> None:
        """`tables` are the live tables by their source topic."""
        self._settings = settings
        self._tables = tables
        self._dead_letters = dict.fromkeys(dead_letters, 1)

    async def run(self) -> None:
        """Wait for Kafka as long as it takes; then see to the topics."""
        while True:
            try:
                return await self._topics()
            except KafkaError as error:
                if not (error.retriable or isinstance(error, KafkaConnectionError)):
                    raise
                logger.warning("waiting for Kafka at %s: %s", self._settings.broker, error)
                await asyncio.sleep(_PAUSE_SECONDS)

    async def _topics(self) -> None:
        broker, replicas = self._settings.broker, self._settings.topic_replicas
        wanted = dict.fromkeys(self._tables, self._settings.topic_partitions)
        sources = await create_missing(broker, wanted, replicas, {})
        await create_missing(broker, self._dead_letters, replicas, _DEAD_LETTERS)
        # Entries of a live table lie in the changelog partition of their records: as many of them
        # as the source has, now and when it gets more.
        changelogs = {
            table.changelog_topic.get_topic_name(): sources[source]
            for source, tables in self._tables.items()
            for table in tables
        }
        held = await create_missing(broker, changelogs, replicas, _CHANGELOG)
        if any(held[name] < count for name, count in changelogs.items()):
            await widen(broker, changelogs)
