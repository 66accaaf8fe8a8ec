"""Decoded records by column, and the batch of them that a sink stores as one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.dead_letters import DeadLetter
from models.fold import Deltas, Fold
from models.positions import Position, Positions, ReadTo, TopicPartition
from models.streams import Stream

_DAY_US = 86_400_000_000


@dataclass(slots=True)
class DecodedBatch:
    """One record batch, decoded: rows by column, and the records that are no rows.

    `columns` has the stream's columns in their order, each as long as `offsets`; times are
    microseconds since 1970. `timestamps` are the records' own, in milliseconds; `size_bytes` is
    what the records weighed.
    """

    tp: TopicPartition
    offsets: Sequence[int]
    columns: Sequence[Sequence[Any]]
    dead_letters: Sequence[DeadLetter]
    timestamps: Sequence[int]
    size_bytes: int
    last_offset: int
    last_timestamp: int
    read_to: ReadTo


@dataclass(frozen=True, slots=True)
class Part:
    """A decoded batch on its way to a sink; `rows` is what that sink's `encode` made of them."""

    tp: TopicPartition
    rows: Any
    row_count: int
    dead_letters: Sequence[DeadLetter]
    timestamps: Sequence[int]
    last_offset: int
    last_timestamp: int | None
    read_to: ReadTo


@dataclass(slots=True)
class Batch:
    """What one write stores: parts of one stream, in the order of their offsets."""

    stream: Stream
    parts: list[Part] = field(default_factory=list)
    records: int = 0
    size_bytes: int = 0
    days: set[int] = field(default_factory=set)
    """The days (UTC) that its rows lie in, counted from 1970-01-01."""

    _fold: Fold = field(init=False)
    _deltas: Deltas | None = None

    def __post_init__(self) -> None:
        self._fold = Fold(self.stream.windows)

    def add(self, decoded: DecodedBatch, rows: Any) -> None:
        """Add a decoded batch, with its rows as the sink has encoded them."""
        columns = dict(zip(self.stream.column_names, decoded.columns, strict=True))
        times = columns[self.stream.event_time]
        self._fold.add(decoded.tp.partition, times, columns)
        self._deltas = None
        if times:
            first, last = min(times) // _DAY_US, max(times) // _DAY_US
            self.days.update([first] if first == last else {time // _DAY_US for time in times})
        part = Part(
            decoded.tp,
            rows,
            len(decoded.offsets),
            decoded.dead_letters,
            decoded.timestamps,
            decoded.last_offset,
            decoded.last_timestamp,
            decoded.read_to,
        )
        self.parts.append(part)
        self.records += part.row_count + len(part.dead_letters)
        self.size_bytes += decoded.size_bytes

    @property
    def row_count(self) -> int:
        return sum(part.row_count for part in self.parts)

    @property
    def dead_letters(self) -> list[DeadLetter]:
        return [letter for part in self.parts for letter in part.dead_letters]

    def deltas(self) -> Deltas:
        """Give what all rows fold into."""
        if self._deltas is None:
            self._deltas = self._fold.deltas()
        return self._deltas

    def positions(self, expected: Positions) -> Mapping[TopicPartition, Position]:
        """Say where each partition stands once this batch is stored.

        Epochs and topics stay as `expected`.
        """
        return {
            part.tp: expected[part.tp]._replace(
                last_offset=part.last_offset,
                last_timestamp=part.last_timestamp,
                next_offset=part.read_to.offset,
                leader_epoch=part.read_to.leader_epoch,
            )
            for part in self.parts
        }
