"""Where a partition stands: the one fact that a sink keeps beside its data."""

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID


class TopicPartition(NamedTuple):
    """A partition by its full topic name (prefix included)."""

    topic: str
    partition: int


class ReadTo(NamedTuple):
    """How far a partition was read: the next record has this offset or a later one.

    `leader_epoch` is Kafka's count of leaders, of what lies before `offset`; None where it is not
    known. Each leader only ever appends: a log that differs before `offset` has a later leader.
    """

    offset: int
    leader_epoch: int | None


class Position(NamedTuple):
    """How far one partition is stored.

    `last_offset` is -1 and `last_timestamp` (milliseconds since 1970, the record's own) is None
    before the first record. `epoch` counts the lives of the topic: offsets mean nothing across it.
    The rest is None where it is not known: `next_offset` and `leader_epoch` are those of ReadTo,
    `topic_id` is Kafka's.
    """

    epoch: int
    last_offset: int
    last_timestamp: int | None
    next_offset: int | None = None
    leader_epoch: int | None = None
    topic_id: UUID | None = None

    @property
    def place(self) -> tuple[int, int]:
        """What two positions have in common that stand in the same place."""
        return self.epoch, self.last_offset

    @property
    def read_to(self) -> ReadTo:
        """Where reading goes on: behind the last record, and behind what was no record."""
        if self.next_offset is None:
            return ReadTo(self.last_offset + 1, None)
        return ReadTo(self.next_offset, self.leader_epoch)


Positions = Mapping[TopicPartition, Position]


def places(positions: Positions) -> dict[TopicPartition, tuple[int, int]]:
    """Give the place of each position."""
    return {tp: at.place for tp, at in positions.items()}
