"""Commits what a source has read, one transaction after the other, while the next one is filled."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

from batching.transactions import Sealed, SourceTopic
from telemetry.source_stats import SourceStats

logger = logging.getLogger(__name__)

KAFKA = "Kafka"
"""What is waited for, among the readers in `SourceStats.waiting`."""

_SLOW_SECONDS = 5.0
"""A commit that takes so long is told: aiokafka tries again and again, and says nothing."""


class SourceCommits:
    """The commits of one session: one is under way at most, and it waits for nobody else."""

    def __init__(
        self, topic: SourceTopic, broker: str, stats: SourceStats, on_end: Callable[[], None]
    ) -> None:
        """Call `on_end` when a commit has ended, well or not."""
        self._topic = topic
        self._broker = broker
        self._stats = stats
        self._on_end = on_end
        self._task: asyncio.Task[None] | None = None
        self.bytes_under_way = 0

    @property
    def is_under_way(self) -> bool:
        return self._task is not None and not self._task.done()

    async def begin(self, resume: Mapping[str, Any], newest: float) -> None:
        """Commit what the topic has taken, behind the commit before it. Raises as `finish` does.

        `newest` is the timestamp of what was taken last, in seconds since 1970.
        """
        await self.finish()
        sealed = self._topic.seal(resume)
        self.bytes_under_way = sealed.size_bytes
        self._task = asyncio.create_task(self._commit(sealed, newest))
        self._task.add_done_callback(lambda _: self._on_end())

    async def finish(self) -> None:
        """Wait for the commit that is under way; raise what it failed with."""
        if self._task is not None:
            await self._task

    async def cancel(self) -> None:
        """Leave it. Whether it is there is told when the topic is opened again."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def check(self) -> None:
        """Raise what the last commit failed with."""
        if self._task is not None and self._task.done():
            self._task.result()

    async def _commit(self, sealed: Sealed, newest: float) -> None:
        slow = asyncio.get_running_loop().call_later(_SLOW_SECONDS, self._tell_slow)
        try:
            await self._topic.commit(sealed)
        finally:
            slow.cancel()
        self.bytes_under_way = 0
        stats = self._stats
        stats.waiting.pop(KAFKA, None)
        stats.records += sealed.records
        stats.size_bytes += sealed.size_bytes
        stats.commits += 1
        if sealed.records:
            stats.last_event = newest

    def _tell_slow(self) -> None:
        self._stats.waiting[KAFKA] = "acknowledges nothing"
        logger.warning("Kafka at %s acknowledges nothing", self._broker)
