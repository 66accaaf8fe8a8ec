"""Positions on their way to the small table: soon after the rows, and not once for each write.

An INSERT of one row costs the server as much as one of ten thousand. What a kill takes with it are
hints (where reading goes on, of which topic it speaks) that the next write brings again; how far
rows reach stands in the rows, for a day at least (`tables.py`).
"""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress

from models.positions import Position, Positions, TopicPartition
from sinks.base import Fenced, Rejected, SinkUnavailable
from sinks.clickhouse.names import Names
from sinks.clickhouse.positions import keep
from sinks.clickhouse.server import Server

logger = logging.getLogger(__name__)

_SECONDS = 1.0


class Keeping:
    """Holds the newest positions until they are kept."""

    def __init__(self, server: Server, names: Names) -> None:
        self._server = server
        self._names = names
        self._pending: dict[TopicPartition, Position] = {}
        self._later: asyncio.Task[None] | None = None

    def later(self, positions: Positions) -> None:
        """Keep positions that are stored, within about a second."""
        self._pending.update(positions)
        if self._later is None or self._later.done():
            self._later = asyncio.create_task(self._soon())

    async def now(self, positions: Mapping[TopicPartition, Position] | None = None) -> None:
        """Keep these and what is waiting. Raises SinkUnavailable."""
        await self.stop()
        pending = self._pending | dict(positions or {})
        if pending:
            await keep(self._server, self._names, pending)
            self._pending = {}

    async def stop(self) -> None:
        """Let nothing begin by itself any more, until `later`."""
        task, self._later = self._later, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def close(self) -> None:
        """Keep what is waiting, if that can be."""
        with suppress(SinkUnavailable, Rejected, Fenced):
            await self.now()

    async def _soon(self) -> None:
        await asyncio.sleep(_SECONDS)
        pending = dict(self._pending)
        try:
            await keep(self._server, self._names, pending)
        except (SinkUnavailable, Rejected, Fenced) as reason:
            logger.warning("positions are kept with the next write: %s", reason)
            return
        self._pending = {tp: at for tp, at in self._pending.items() if pending.get(tp) != at}
        if self._pending:
            self._later = asyncio.create_task(self._soon())
