"""What follows when the writer takes over, accepts, stores or gives up."""

import time
from collections.abc import Callable

from agents.live_tables import LiveTables
from agents.newest_letters import NewestLetters
from models.batches import Batch
from models.positions import Positions
from models.records import RecordBatch
from sinks.base import Totals
from telemetry.business import BusinessCounts
from telemetry.stats import StreamStats


class WorkerObserver:
    """Keeps the counters, the live tables and the newest dead letters."""

    def __init__(
        self,
        stats: StreamStats,
        business: BusinessCounts,
        live: LiveTables,
        now: Callable[[], float] = time.time,
        letters: NewestLetters | None = None,
    ) -> None:
        self._stats = stats
        self._business = business
        self._live = live
        self._now = now
        self._letters = NewestLetters() if letters is None else letters
        self._held: set[int] = set()

    def on_taken_over(self, positions: Positions, totals: Totals) -> None:
        """Fill the entries of these partitions from the database: the changelog may lag."""
        partitions = {tp.partition for tp in positions}
        self._held |= partitions
        self._live.drop_partitions(partitions)
        self._live.offer(totals)
        self._progressed()

    def on_accepted(self, batch: RecordBatch) -> None:
        self._stats.events_in += len(batch.records)
        self._progressed()

    def on_stored(self, batch: Batch, totals: Totals) -> None:
        self._stats.flushes += 1
        self._stats.rows_stored += batch.row_count
        self._stats.dead_letters.update(letter.reason for letter in batch.dead_letters)
        self._letters.add(batch.dead_letters)
        self._stats.batch_records.add([batch.records])
        for window, rows in batch.deltas().items():
            self._business.add(window.name, rows)
        self._stats.bytes_stored += batch.size_bytes
        self._stats.stored_at = self._now()
        now = int(self._stats.stored_at * 1_000)
        for part in batch.parts:
            self._stats.freshness.add(part.timestamps, now)
        self._live.offer(totals)
        self._progressed()

    def on_given_up(self) -> None:
        self._live.drop_partitions(self._held)
        self._held.clear()
        self._stats.waiting_for = None  # whoever waited was cancelled, and cannot say so itself
        self._progressed()

    def on_waiting(self, reason: str | None) -> None:
        self._stats.waiting_for = reason
        self._progressed()

    def _progressed(self) -> None:
        self._stats.progressed_at = time.monotonic()
