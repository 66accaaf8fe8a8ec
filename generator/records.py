"""Records as they are sent, each with what it must become."""

from typing import Any, NamedTuple

from models.dead_letters import Reason

Row = tuple[Any, ...]
"""What an accepted record adds up to: a named tuple of its stream."""

Outcome = Row | Reason


class Record(NamedTuple):
    """One record. `hash` decides the partition, and is the CRC-32 of the key.

    librdkafka (so kcat too) uses the same with its `consistent` partitioner.
    """

    key: bytes
    value: bytes | None
    hash: int
    outcome: Outcome
