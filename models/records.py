"""Records as Kafka has them, and the batch that Headrace works on instead of single ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from models.positions import TopicPartition


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

    `start` is the offset that reading went on from. It may lie before the first record (an aborted
    transaction and its marker leave holes), never before the end of the batch read earlier: so a
    reader that joins batches by `start` knows that it missed nothing.
    """

    tp: TopicPartition
    start: int
    records: Sequence[Record]

    @property
    def last(self) -> Record:
        return self.records[-1]
