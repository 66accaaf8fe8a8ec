"""Where a partition stands: the one fact that a sink keeps beside its data."""

from collections.abc import Mapping
from typing import NamedTuple


class TopicPartition(NamedTuple):
    """A partition by its full topic name (prefix included)."""

    topic: str
    partition: int


class Position(NamedTuple):
    """How far one partition is stored.

    `last_offset` is -1 and `last_timestamp` (milliseconds since 1970, the record's own) is None
    before the first record. `epoch` counts the lives of the topic: offsets mean nothing across it.
    """

    epoch: int
    last_offset: int
    last_timestamp: int | None


Positions = Mapping[TopicPartition, Position]
