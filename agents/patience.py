"""A sink that is asked again until it answers, and writes whose answer was lost."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from models.batches import Batch
from models.positions import Positions, TopicPartition, places
from sinks.base import Fenced, Rejected, Since, Sink, SinkUnavailable, Totals

logger = logging.getLogger(__name__)

T = TypeVar("T")

_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 5.0


class PatientSink:
    """Waits for its sink as long as it takes. `on_waiting` hears why, and None when it goes on."""

    def __init__(
        self,
        sink: Sink,
        on_waiting: Callable[[str | None], None],
        totals_since: Since,
    ) -> None:
        self._sink = sink
        self._on_waiting = on_waiting
        self._totals_since = totals_since

    async def positions(self, partitions: Iterable[TopicPartition]) -> Positions:
        return await self._patiently(lambda: self._sink.positions(partitions))

    async def totals(self, partitions: Iterable[TopicPartition]) -> Totals:
        """Read the newest totals, from `totals_since` on."""
        return await self._patiently(lambda: self._sink.totals(partitions, self._totals_since))

    async def note(self, positions: Positions) -> None:
        """Store what is newly known of positions that do not move. Raises SinkUnavailable."""
        await self._sink.note(positions)

    async def keep(self, positions: Positions) -> None:
        """Store the same, waiting for the sink as long as it takes."""
        await self._patiently(lambda: self._sink.note(positions))

    async def write(self, batch: Batch, expected: Positions) -> Totals:
        """Store a batch once, whatever happens to the answers. Raises Rejected and Fenced."""
        reached = batch.positions(expected)
        pauses = _Pauses(self._on_waiting)
        while True:
            try:
                totals = await self._sink.write(batch, expected)
            except (SinkUnavailable, Fenced) as reason:
                await pauses.wait(reason)
            except Rejected:
                pauses.over()
                raise
            else:
                pauses.over()
                return totals
            # The answer to COMMIT may have been lost, and what was fenced may be fenced by that
            # very transaction: only the positions tell.
            held = await self.positions(reached)
            if places(held) == places(reached):
                pauses.over()
                return await self.totals(reached)
            # a sink that stores each partition by itself may have stored some of them
            if any(
                at.place not in (reached[tp].place, expected[tp].place) for tp, at in held.items()
            ):
                raise Fenced(f"stored is {held}, expected was {expected}")

    async def _patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        pauses = _Pauses(self._on_waiting)
        while True:
            try:
                answer = await ask()
            except SinkUnavailable as reason:
                await pauses.wait(reason)
            else:
                pauses.over()
                return answer


class _Pauses:
    """Longer and longer pauses while a sink is away."""

    def __init__(self, on_waiting: Callable[[str | None], None]) -> None:
        self._on_waiting = on_waiting
        self._seconds = 0.0

    async def wait(self, reason: SinkUnavailable | Fenced) -> None:
        self._seconds = min(max(self._seconds * 2, _FIRST_PAUSE_SECONDS), _LONGEST_PAUSE_SECONDS)
        logger.warning("nothing is lost, next try in %.1f s: %s", self._seconds, reason)
        self._on_waiting(str(reason))
        await asyncio.sleep(self._seconds)

    def over(self) -> None:
        if self._seconds:
            logger.info("the sink is back")
            self._on_waiting(None)
