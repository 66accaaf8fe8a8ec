"""What a table's log says of positions, in Delta's transaction identifiers (`txn` actions).

Each is a name and a whole number. They are the only thing of one's own that a commit may carry and
that outlives it: checkpoints keep them, while what a commit says of itself (`commitInfo`) ends with
its log entry. So each number that a position has gets a name:

    TOPIC/EPOCH/PARTITION                 the last offset that is stored
    TOPIC/EPOCH/PARTITION#next-offset     and what else is known of the position
    TOPIC#epoch                           the newest epoch of the topic
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple
from uuid import UUID, uuid4

from models.positions import Position, TopicPartition

Fact = Callable[[str], int | None]
"""Gives the number that a name stands for; None where nothing was said."""

_FIRST = 1
_UNKNOWN = -(2**63)
_HALF = 8  # of a UUID's bytes: as many as a number has


class Held(NamedTuple):
    """Where a partition stands, and which writer has put it there (None: nobody)."""

    position: Position
    writer: int | None


def new_writer() -> int:
    """Give a number that no other writer has."""
    return uuid4().int >> 66  # positive, in 64 bits with a sign


def epoch_name(topic: str) -> str:
    return f"{topic}#epoch"


def read_epoch(fact: Fact, topic: str) -> int:
    """Give the newest epoch of a topic."""
    said = fact(epoch_name(topic))
    return _FIRST if said is None else said


def read_position(fact: Fact, tp: TopicPartition, epoch: int) -> Held:
    """Give where a partition stands in an epoch."""
    name = _name(tp, epoch)
    last = fact(name)
    if last is None:
        return Held(Position(epoch, -1, None), None)

    def known(what: str) -> int | None:
        said = fact(f"{name}#{what}")
        return None if said == _UNKNOWN else said

    position = Position(
        epoch,
        last,
        known("last-timestamp"),
        known("next-offset"),
        known("leader-epoch"),
        _joined(known("topic-id-high"), known("topic-id-low")),
    )
    return Held(position, known("writer"))


def facts_of(tp: TopicPartition, at: Position, writer: int) -> Mapping[str, int]:
    """Say of a partition what `read_position` reads."""
    name = _name(tp, at.epoch)
    high, low = _halves(at.topic_id)
    beside = {
        "last-timestamp": at.last_timestamp,
        "next-offset": at.next_offset,
        "leader-epoch": at.leader_epoch,
        "topic-id-high": high,
        "topic-id-low": low,
        "writer": writer,
    }
    said = {
        f"{name}#{what}": _UNKNOWN if value is None else value for what, value in beside.items()
    }
    return {name: at.last_offset, **said}


def _name(tp: TopicPartition, epoch: int) -> str:
    return f"{tp.topic}/{epoch}/{tp.partition}"


def _halves(topic_id: UUID | None) -> tuple[int | None, int | None]:
    if topic_id is None:
        return None, None
    halves = topic_id.bytes[:_HALF], topic_id.bytes[_HALF:]
    high, low = (int.from_bytes(half, "big", signed=True) for half in halves)
    return high, low


def _joined(high: int | None, low: int | None) -> UUID | None:
    if high is None or low is None:
        return None
    return UUID(bytes=b"".join(half.to_bytes(_HALF, "big", signed=True) for half in (high, low)))
