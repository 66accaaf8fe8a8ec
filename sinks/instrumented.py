"""A sink that tells how long its writes take and how its calls fail."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from models.batches import Batch
from models.positions import Positions, TopicPartition
from sinks.base import Since, Sink, SinkUnavailable, Totals
from telemetry.stats import SinkStats


class InstrumentedSink:
    """Behaves as the sink that it wraps."""

    def __init__(self, sink: Sink, stats: SinkStats) -> None:
        self._sink = sink
        self._stats = stats
        self.label = sink.label
        self.encode = sink.encode  # nothing to tell, and it is called for every batch

    async def positions(self, partitions: Iterable[TopicPartition]) -> Positions:
        with self._failures():
            return await self._sink.positions(partitions)

    async def totals(self, partitions: Iterable[TopicPartition], since: Since) -> Totals:
        with self._failures():
            return await self._sink.totals(partitions, since)

    async def write(self, batch: Batch, expected: Positions) -> Totals:
        begun = time.monotonic()
        with self._failures():
            totals = await self._sink.write(batch, expected)
        self._stats.write_seconds.add([time.monotonic() - begun])
        return totals

    async def note(self, positions: Positions) -> None:
        with self._failures():
            await self._sink.note(positions)

    async def close(self) -> None:
        await self._sink.close()

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except SinkUnavailable as error:
            self._stats.errors += 1
            # the class of what the driver raised: there are few, and its text may be anything
            self._stats.last_error = type(error.__cause__ or error).__name__
            self._stats.last_error_at = time.time()
            raise
