"""What a writer tells, and whom."""

from collections.abc import Sequence
from typing import Protocol

from models.batches import Batch
from models.dead_letters import DeadLetter
from models.positions import Positions
from models.records import RecordBatch
from sinks.base import Totals


class DeadLetters(Protocol):
    async def publish(self, letters: Sequence[DeadLetter]) -> None:
        """Return when the letters are published, however long that takes."""


class Observer(Protocol):
    """Who is told what happened. Called on the event loop: must not block."""

    def on_taken_over(self, positions: Positions, totals: Totals) -> None: ...
    def on_accepted(self, batch: RecordBatch) -> None: ...
    def on_stored(self, batch: Batch, totals: Totals) -> None: ...
    def on_given_up(self) -> None: ...
    def on_waiting(self, reason: str | None) -> None:
        """Tell why nothing can be stored now, and None when it goes on."""
