"""What has to be there before a worker reads: its database, and its topics."""

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping, Sequence

from aiokafka.errors import KafkaConnectionError, KafkaError

from batching.table import WindowTable
from batching.topics import create_missing, widen
from config.settings import Settings
from db.errors import meaning
from sinks.base import SinkUnavailable
from sinks.postgres.connection import Connection

logger = logging.getLogger(__name__)

_PAUSE_SECONDS = 1.0
_SAY_SECONDS = 15.0
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
        database: Connection | None,
    ) -> None:
        """`tables` are live tables by their source topic; without `database` none is waited for."""
        self._settings = settings
        self._tables = tables
        self._dead_letters = dict.fromkeys(dead_letters, 1)
        self._database = database
        self.waiting_for: str | None = None
        """Why the worker does not read yet; None while it waits for nothing."""
        self._said, self._said_at = "", 0.0

    async def run(self) -> None:
        """Wait for the database, then for Kafka, as long as it takes; then see to the topics.

        Before the worker joins its group: one that cannot store, for want of the right password for
        example, would hold partitions that others could read.
        """
        await self._database_answers()
        await self.topics()

    async def topics(self) -> None:
        """Wait for Kafka as long as it takes; then see to the topics."""
        while True:
            try:
                await self._topics()
            except KafkaError as error:
                if not (error.retriable or isinstance(error, KafkaConnectionError)):
                    raise
                await self._wait(f"waiting for Kafka at {self._settings.broker}: {error}")
            else:
                self.waiting_for = None
                return

    async def _database_answers(self) -> None:
        while self._database is not None:
            try:
                async with self._database.use():  # which migrates it, too
                    pass
            except SinkUnavailable as error:
                words = meaning(error.__cause__) if error.__cause__ else None
                await self._wait(f"waiting for the database: {words or error}")
            else:
                self.waiting_for = None
                await self._database.close()
                return

    async def _wait(self, reason: str) -> None:
        self.waiting_for = reason
        if reason != self._said or time.monotonic() - self._said_at > _SAY_SECONDS:
            self._said, self._said_at = reason, time.monotonic()
            logger.warning("%s", reason)
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
