"""What a sink holds of a stream, read back in the order of its records: how a replay begins."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol

from models.positions import Position


class TimeSpan(NamedTuple):
    """Event times, half-open: [begin, end). None where it is open."""

    begin: datetime | None
    end: datetime | None

    @property
    def times(self) -> tuple[datetime, datetime]:
        """Give both, with the first and the last time that an event may have for an open one."""
        first, last = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
        return self.begin or first, self.end or last


class Run(NamedTuple):
    """One partition in one life of its topic: its offsets only grow."""

    epoch: int
    partition: int


class Rows(NamedTuple):
    """Rows of one run, by column, in the order of their offsets."""

    offsets: Sequence[int]
    columns: Mapping[str, Sequence[Any]]


class History(Protocol):
    """Rows of one stream within a span of event times. All methods raise SinkUnavailable."""

    async def runs(self) -> Mapping[Run, Position]:
        """Say which runs there are, and where each ends; later rows are not read.

        Asked once, before all others.
        """
        ...

    async def count(self) -> int:
        """Count the rows, in another way than by reading them."""
        ...

    def rows(self, run: Run, after: int) -> AsyncIterator[Rows]:
        """Read the rows behind offset `after`, some thousands at a time."""
        ...

    async def close(self) -> None: ...
