"""How a span of time is cut into steps, and what differs in a step into runs. Pure.

All in seconds since 1970. A block is the shortest time after which windows of every length in
question begin together: nothing shorter can be rebuilt by itself.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from math import lcm

HOUR = 3_600
DAY = 24 * HOUR
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open: [begin, end)."""

    begin: int
    end: int

    def __str__(self) -> str:
        return f"{written(self.begin)} to {written(self.end)}"

    @property
    def times(self) -> tuple[datetime, datetime]:
        return moment(self.begin), moment(self.end)

    @property
    def days(self) -> list[date]:
        """The days (UTC) that it touches."""
        return [moment(at).date() for at in range(self.begin // DAY * DAY, self.end, DAY)]

    @property
    def hours(self) -> float:
        return (self.end - self.begin) / HOUR


def moment(seconds: int) -> datetime:
    return _EPOCH + timedelta(seconds=seconds)


def seconds(at: datetime) -> int:
    """Count whole seconds, rounding down."""
    return (at - _EPOCH) // timedelta(seconds=1)


def block_of(lengths: Iterable[int]) -> int:
    """Give the block of windows of these lengths."""
    return lcm(*lengths)


def outward(span: Span, block: int) -> Span:
    """Widen a span to whole blocks."""
    return Span(span.begin // block * block, -(-span.end // block) * block)


def steps(span: Span, block: int) -> list[Span]:
    """Cut a span at each hour; where that cuts blocks, at the first multiple of a block after it.

    `span` holds whole blocks.
    """
    length = -(-HOUR // block) * block
    cuts = range(span.begin // length * length + length, span.end, length)
    return [Span(begin, end) for begin, end in pairwise([span.begin, *cuts, span.end])]


def runs(starts: Iterable[int], block: int) -> Iterator[Span]:
    """Join blocks that follow on each other, given by their starts in order."""
    run: Span | None = None
    for start in starts:
        if run is not None and run.end == start:
            run = Span(run.begin, start + block)
            continue
        if run is not None:
            yield run
        run = Span(start, start + block)
    if run is not None:
        yield run


def written(at: int) -> str:
    """Write it as RFC 3339, in UTC."""
    return moment(at).isoformat().replace("+00:00", "Z")
