"""What every sink promises: rows and the position they reach are stored as one, or not at all."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from config.environment import PlainError
from models.batches import Batch, DecodedBatch
from models.positions import Positions, TopicPartition
from models.windows import Window

Totals = Mapping[Window, Mapping[tuple[Any, ...], tuple[Any, ...]]]
"""Merged totals by (window_start in microseconds, partition, *keys), as they stand now."""

Since = Callable[[Window], int]
"""The earliest start of each window that is wanted, in microseconds since 1970."""


class SinkUnavailable(Exception):  # noqa: N818 - a signal, not an error: not now, try again
    """The sink cannot take anything now. Nothing is wrong with the records."""


class Rejected(Exception):  # noqa: N818 - a verdict
    """The sink will never take what it was given; the text says why, and can be stored.

    It is about one record at least: given again without it, the others are stored.
    """


class Fenced(Exception):  # noqa: N818 - a signal: another worker is ahead
    """The stored positions are not the expected ones: another worker has gone on. Stop."""


class WentBackError(PlainError):
    """The sink holds less than was stored in it: start again, from what it holds."""


class Sink(Protocol):
    """Where records go.

    Used by one task at a time. A cancelled call leaves nothing half done: what it began is either
    undone or shows in `positions`.
    """

    label: str
    """What it is called in metrics, like `postgres`."""

    async def positions(self, partitions: Iterable[TopicPartition]) -> Positions:
        """Say how far each partition is stored. Raises SinkUnavailable."""
        ...

    async def totals(self, partitions: Iterable[TopicPartition], since: Since) -> Totals:
        """Read the windows that start at `since` or later, of these partitions.

        Empty for a sink that keeps no windows. Raises SinkUnavailable.
        """
        ...

    def encode(self, decoded: DecodedBatch, epoch: int) -> Any:
        """Make of a batch's rows what `write` stores. Pure, and for this sink's eyes only.

        Called as soon as they are decoded: what waits to be written is then small. Raises Rejected.
        """
        ...

    async def write(self, batch: Batch, expected: Positions) -> Totals:
        """Store rows, window deltas, dead letters and positions as one; return when durable.

        Returns the new totals of every window touched. Raises SinkUnavailable when the sink cannot
        take it now (whether it was stored, `positions` tells), Rejected when it never will, and
        Fenced when `expected` is not what is stored; nothing is stored in these two cases. Anything
        else is a bug.
        """
        ...

    async def note(self, positions: Positions) -> None:
        """Keep what is known of positions beside their place: ReadTo and topic.

        Of a position that stands elsewhere, or that was read further, nothing is kept. Raises
        SinkUnavailable.
        """
        ...

    async def close(self) -> None:
        """Let go of connections; called once, when the worker ends."""
        ...
