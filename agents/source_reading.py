"""Reads one reader of a source for as long as it takes: silence, failures and patience."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from typing import Any

from aiolimiter import AsyncLimiter
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type
from tenacity.wait import wait_random_exponential

from agents.source_inbox import Inbox
from sources.base import Chunk, Source, SourceUnavailable
from telemetry.source_stats import SourceStats

logger = logging.getLogger(__name__)

_FIRST_WAIT_SECONDS = 0.5
_LONGEST_WAIT_SECONDS = 30.0


class Reading:
    """Opens a reader again whenever it fails, from what was read last.

    `read_to` is shared by all readers of a source: each names what is its own.
    """

    def __init__(
        self,
        source: Source,
        inbox: Inbox,
        read_to: dict[str, Any],
        stats: SourceStats,
        *,
        silence_seconds: float | None = None,
        limiter: AsyncLimiter | None = None,
    ) -> None:
        self._source = source
        self._inbox = inbox
        self._read_to = read_to
        self._stats = stats
        self._silence_seconds = silence_seconds
        self._limiter = limiter
        self._opened = 0

    async def run(self) -> None:
        """Read to the outside's end. Raises SourceRefused, and what is a bug of the source."""
        patience = AsyncRetrying(
            retry=retry_if_exception_type(SourceUnavailable),
            wait=wait_random_exponential(_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS),
            before_sleep=self._tell,
        )
        async for attempt in patience:
            with attempt:
                await self._read(attempt.retry_state)

    async def _read(self, state: RetryCallState) -> None:
        self._stats.reconnects += bool(self._opened)
        self._opened += 1
        chunks = self._source.read(dict(self._read_to))
        try:
            while (chunk := await self._next(chunks)) is not None:
                state.attempt_number = 1  # the outside is there: patience begins anew
                self._stats.waiting.pop(self._source.label, None)
                self._stats.last_heard = time.time()
                await self._take(chunk)
        finally:
            await chunks.aclose()

    async def _next(self, chunks: AsyncGenerator[Chunk, None]) -> Chunk | None:
        try:
            async with asyncio.timeout(self._silence_seconds) as limit:
                return await anext(chunks, None)
        except TimeoutError:
            if not limit.expired():
                raise
            self._stats.silences += 1
            raise SourceUnavailable(f"nothing came for {self._silence_seconds:g} s") from None

    async def _take(self, chunk: Chunk) -> None:
        if self._limiter is not None:
            left = float(len(chunk.records))
            while left > 0:
                some = min(left, self._limiter.max_rate)
                await self._limiter.acquire(some)
                left -= some
        merge(self._read_to, chunk)
        await self._inbox.put(chunk)

    def _tell(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        pause = state.next_action.sleep if state.next_action else 0.0
        self._stats.waiting[self._source.label] = str(error)
        logger.warning("%s: %s; again in %.1f s", self._source.label, error, pause)


def merge(resume: dict[str, Any], chunk: Chunk) -> None:
    """Bring a resume point to where a chunk reaches."""
    for name, value in chunk.resume.items():
        if value is None:
            resume.pop(name, None)
        else:
            resume[name] = value
