"""Runs a source: read this to see how its events come to Kafka, each once.

readers ─▶ inbox ─▶ batches ─▶ one transaction: records, and the resume point they reach
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from operator import itemgetter
from typing import Any

from aiokafka.errors import KafkaError
from aiolimiter import AsyncLimiter
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type
from tenacity.wait import wait_random_exponential

from agents.source_commits import KAFKA, SourceCommits
from agents.source_inbox import Inbox
from agents.source_reading import Reading, merge
from batching.transactions import SourcePlace, SourceTopic
from config.document import SourceEntry
from sources.base import Chunk, Record, Source
from telemetry.source_stats import SourceStats

logger = logging.getLogger(__name__)

_LONGEST_WAIT_SECONDS = 10.0
_COMMIT_BYTES = 16 * 1024 * 1024
ENVELOPE_BYTES = 512
"""What Kafka adds to a record and its batch, at most."""
_AHEAD_MILLISECONDS = 50 * 60 * 1_000
"""Kafka refuses a batch with a record that is more than an hour ahead, and would for ever."""

_VALUE, _KEY, _TIME = itemgetter(0), itemgetter(1), itemgetter(2)


class SourceRunner:
    """One configured source: its readers, and where they go."""

    def __init__(
        self,
        readers: Sequence[Source],
        place: SourcePlace,
        entry: SourceEntry,
        stats: SourceStats,
        *,
        silence_seconds: float | None,
        largest_bytes: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._readers = readers
        self._place = place
        self._entry = entry
        self._stats = stats
        self._silence_seconds = silence_seconds
        self._largest = largest_bytes
        self._clock = clock
        self._inbox = Inbox(entry.buffer_bytes)
        self._stop = asyncio.Event()
        self._newest = 0.0
        self.state = "starting"
        """What it does now, in words."""

    def stop(self) -> None:
        """Let `run` return, when what is read is committed."""
        self._stop.set()
        self._inbox.wake()

    async def run(self) -> None:
        """Read and produce until the outside ends or `stop` is called.

        Kafka is waited for as long as it takes. Raises SourceFenced and SourceRefused, and
        BaseExceptionGroup of what is a bug.
        """
        patience = AsyncRetrying(
            retry=retry_if_exception_type((KafkaError, TimeoutError)),
            wait=wait_random_exponential(0.5, _LONGEST_WAIT_SECONDS),
            before_sleep=self._tell,
            sleep=self._pause,
            stop=lambda _: self._stop.is_set(),
            retry_error_callback=lambda _: None,  # stopped while Kafka was away: nothing is lost
        )
        try:
            async for attempt in patience:
                with attempt:
                    await self._session(attempt.retry_state)
            self.state = "stopped" if self._stop.is_set() else "has read all"
        finally:
            for reader in self._readers:
                await reader.close()

    async def _session(self, retrying: RetryCallState) -> None:
        """From what Kafka has committed, on. Nothing outlives it, so nothing can be in doubt."""
        topic = SourceTopic(self._place)
        readings: list[asyncio.Task[None]] = []
        committed = self._stats.commits
        try:
            resume = await topic.open()
            self._stats.waiting.pop(KAFKA, None)
            self.state = "running"
            self._inbox = Inbox(self._entry.buffer_bytes)
            if self._stop.is_set():  # in the meantime, and that woke the inbox before
                self._inbox.wake()
            read_to = dict(resume)
            readings = [self._reading(reader, read_to) for reader in self._readers]
            for one in readings:
                one.add_done_callback(lambda _: self._inbox.wake())
            await self._produce(topic, resume, readings)
        finally:
            # only a commit ends the patience: Kafka may let us in and yet take nothing, and what
            # is sent meanwhile fills its disks
            if self._stats.commits > committed:
                retrying.attempt_number = 1
            for one in readings:
                one.cancel()
            await asyncio.gather(*readings, return_exceptions=True)
            await topic.close()

    def _reading(self, reader: Source, read_to: dict[str, Any]) -> asyncio.Task[None]:
        limit = self._entry.records_per_second
        reading = Reading(
            reader,
            self._inbox,
            read_to,
            self._stats,
            silence_seconds=self._silence_seconds,
            limiter=AsyncLimiter(max(1.0, limit), max(1.0, limit) / limit) if limit else None,
        )
        return asyncio.create_task(reading.run(), name=reader.label)

    async def _produce(
        self, topic: SourceTopic, resume: dict[str, Any], readings: Sequence[asyncio.Task[None]]
    ) -> None:
        commits = SourceCommits(topic, self._place.broker, self._stats, self._inbox.wake)
        due: float | None = None
        try:
            while True:
                is_timed = due is not None and not commits.is_under_way
                await self._inbox.wait(max(0.0, due - self._clock()) if due and is_timed else None)
                commits.check()
                ended = self._stop.is_set() or all(one.done() for one in readings)
                due = await self._fill(topic, commits, resume, due)
                self._count_buffered(topic, commits)
                is_due = due is not None and (ended or self._clock() >= due)
                if is_due and (ended or not commits.is_under_way):
                    await commits.begin(resume, self._newest)
                    due = None
                if ended:
                    await commits.finish()
                    self._count_buffered(topic, commits)
                for one in readings:
                    if one.done():
                        one.result()  # raises what ended it
                if ended:
                    return
        finally:
            await commits.cancel()

    async def _fill(
        self,
        topic: SourceTopic,
        commits: SourceCommits,
        resume: dict[str, Any],
        due: float | None,
    ) -> float | None:
        """Take what waits, while the commit before goes on; say when it is to be committed.

        What is due waits for that commit, and grows meanwhile, up to its largest size.
        """
        for chunk in self._inbox.take():
            if chunk.resume or chunk.records:
                due = due or self._clock() + self._entry.commit_seconds
            self._add(topic, resume, chunk)
            self._count_buffered(topic, commits)
            if topic.pending_bytes >= _COMMIT_BYTES:
                await commits.begin(resume, self._newest)
                due = None
            elif commits.is_under_way:
                await asyncio.sleep(0)  # a chunk of a file takes milliseconds
        return due

    def _count_buffered(self, topic: SourceTopic, commits: SourceCommits) -> None:
        self._stats.buffered_bytes = (
            self._inbox.size_bytes + topic.pending_bytes + commits.bytes_under_way
        )

    def _add(self, topic: SourceTopic, resume: dict[str, Any], chunk: Chunk) -> None:
        records = self._fitting(chunk)
        now = int(time.time() * 1_000)
        if records and max(map(_TIME, records)) > now + _AHEAD_MILLISECONDS:
            # the event has its own time still, and is judged by it
            records = [(value, key, min(at, now)) for value, key, at in records]
        topic.add(records)
        merge(resume, chunk)
        if records:
            self._newest = records[-1][2] / 1_000

    def _fitting(self, chunk: Chunk) -> Sequence[Record]:
        records = chunk.records
        longest_key = max(map(len, filter(None, map(_KEY, records))), default=0)
        if max(map(len, map(_VALUE, records)), default=0) + longest_key <= self._largest:
            return records
        fitting = [one for one in records if len(one[0]) + len(one[1] or b"") <= self._largest]
        left_out = len(records) - len(fitting)
        if left_out:
            self._stats.refused["too large"] += left_out
            logger.error(
                "%d records are larger than HEADRACE_EVENT_BYTES: left out, before %s",
                left_out,
                dict(chunk.resume),
            )
        return fitting

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)

    def _tell(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        words = str(error) or type(error).__name__
        self.state = f"waits for {KAFKA}"
        self._stats.waiting[KAFKA] = words
        logger.warning("waiting for Kafka at %s: %s", self._place.broker, words)
