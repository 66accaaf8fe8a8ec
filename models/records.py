"""Records as Kafka has them, and the batch that Headrace works on instead of single ones."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Protocol

from models.positions import ReadTo, TopicPartition


class Record(Protocol):
    """One Kafka record. `timestamp` is in milliseconds since 1970, -1 where there is none."""

    @property
    def offset(self) -> int: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def value(self) -> bytes | None: ...


@dataclass(frozen=True, slots=True)
class RecordBatch:
    """Consecutive records of one partition, never empty.

    It was read from offset `start` on, and reading goes on at `end`: a batch that starts where the
    one before ended has missed nothing. Either may lie beyond its records, as aborted transactions
    and their markers leave holes. `leader_epoch` is that of what lies before `end` (ReadTo).
    """

    tp: TopicPartition
    start: int
    end: int
    records: Sequence[Record]
    leader_epoch: int | None = None

    @property
    def read_to(self) -> ReadTo:
        return ReadTo(self.end, self.leader_epoch)

    @property
    def last(self) -> Record:
        return self.records[-1]


_value = attrgetter("value")


def weight(records: Iterable[Record]) -> int:
    """Say how many bytes the values of records have."""
    return sum(map(len, filter(None, map(_value, records))))
