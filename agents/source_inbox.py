"""What the readers of a source have read and nobody has produced yet, bounded by memory."""

import asyncio
from collections import deque
from collections.abc import Iterator

from sources.base import Chunk


class Inbox:
    """Readers put, one producer takes. A reader waits while too much waits: it then reads no more.

    One chunk always fits, whatever it weighs.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._chunks: deque[tuple[int, Chunk]] = deque()
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self.size_bytes = 0

    async def put(self, chunk: Chunk) -> None:
        size = chunk.held_bytes
        self._chunks.append((size, chunk))
        self.size_bytes += size
        self._changed.set()
        if self.size_bytes >= self._limit:
            self._room.clear()
            await self._room.wait()

    async def wait(self, seconds: float | None) -> None:
        """Return when something is there or `wake` was called since `take`, or after so long."""
        if self._changed.is_set():
            return
        waiting = asyncio.ensure_future(self._changed.wait())
        try:
            await asyncio.wait([waiting], timeout=seconds)
        finally:
            waiting.cancel()

    def take(self) -> Iterator[Chunk]:
        """Give what waits now, and room for more with each chunk."""
        self._changed.clear()
        for _ in range(len(self._chunks)):
            size, chunk = self._chunks.popleft()
            self.size_bytes -= size
            if self.size_bytes < self._limit:
                self._room.set()
            yield chunk

    def wake(self) -> None:
        """Let `wait` return, now or when it is called next."""
        self._changed.set()
