"""The lives of a topic: which is the newest, and where its partitions begin.

An epoch is begun by one object, `TOPIC/_epochs/EPOCH`, which holds where each partition begins in
it: so it begins for all of them at once, or not. Where a partition begins that is not read from its
first record is told by `TOPIC/_begun/EPOCH-PARTITION`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from models.positions import Position, Positions, TopicPartition
from sinks.base import SinkUnavailable
from sinks.parquet.keys import EPOCH
from sinks.parquet.objects import Objects

EPOCHS = "_epochs"  # readers of datasets pass over names that begin with _
_BEGUN = "_begun"
_FIRST = 1


@dataclass(frozen=True, slots=True)
class Epoch:
    """One life of a topic: `begun` is where its partitions begin, by number."""

    number: int = _FIRST
    begun: Mapping[int, Position] = field(default_factory=dict)

    def beginning(self, partition: int) -> Position:
        """Give where a partition stands of which this epoch has no object."""
        begun = self.begun.get(partition, Position(self.number, -1, None))
        return begun._replace(epoch=self.number)


async def newest_epoch(objects: Objects, topic: str) -> Epoch:
    """Give the newest epoch of a topic. Raises SinkUnavailable."""
    numbers = await _numbers(objects, topic)
    number = max(numbers, default=_FIRST)
    return await _epoch(objects, topic, number, is_told=numbers.get(number, False))


async def all_epochs(objects: Objects, topic: str) -> list[Epoch]:
    """Give the epochs of a topic, in their order. Raises SinkUnavailable."""
    numbers = await _numbers(objects, topic)
    return [
        await _epoch(objects, topic, number, is_told=is_told)
        for number, is_told in sorted(numbers.items())
    ]


async def begin_epoch(objects: Objects, topic: str, begun: Positions) -> int:
    """Begin the epoch after the newest one; return its number. Raises SinkUnavailable."""
    number = (await newest_epoch(objects, topic)).number + 1
    body = msgspec.json.encode({tp.partition: at for tp, at in begun.items()})
    while not await objects.create(_key(topic, number), memoryview(body), {}):
        number += 1  # begun by somebody else, just now
    return number


async def is_over(objects: Objects, topic: str, epoch: int) -> bool:
    """Say whether the epoch after this one has begun. Raises SinkUnavailable."""
    return await objects.read(_key(topic, epoch + 1)) is not None


async def noted_beginning(objects: Objects, tp: TopicPartition, epoch: int) -> Position | None:
    """Give where a partition begins, if `note_beginning` was told. Raises SinkUnavailable."""
    key = f"{tp.topic}/{_BEGUN}/{epoch}-{tp.partition}"
    body = await objects.read(key)
    return None if body is None else _decoded(key, body).get(tp.partition)


async def note_beginning(objects: Objects, tp: TopicPartition, at: Position) -> None:
    """Keep where a partition begins, if nobody has. Raises SinkUnavailable."""
    body = msgspec.json.encode({tp.partition: at})
    await objects.create(f"{tp.topic}/{_BEGUN}/{at.epoch}-{tp.partition}", memoryview(body), {})


async def _numbers(objects: Objects, topic: str) -> dict[int, bool]:
    """Give the epochs that there are, and of each whether an object tells where it begins."""
    names = await objects.folders(topic)
    epochs = [name.removeprefix(EPOCH) for name in names if name.startswith(EPOCH)]
    told = await objects.files(f"{topic}/{EPOCHS}") if EPOCHS in names else ()
    return {int(one): one in told for one in [*epochs, *told] if one.isdecimal()}


async def _epoch(objects: Objects, topic: str, number: int, *, is_told: bool) -> Epoch:
    key = _key(topic, number)
    body = await objects.read(key) if is_told else None
    return Epoch(number) if body is None else Epoch(number, _decoded(key, body))


def _decoded(key: str, body: bytes) -> dict[int, Position]:
    try:
        return msgspec.json.decode(body, type=dict[int, Position])
    except (msgspec.MsgspecError, ValueError) as error:
        raise SinkUnavailable(f"{key} says nothing of positions: put the right one back") from error


def _key(topic: str, epoch: int) -> str:
    return f"{topic}/{EPOCHS}/{epoch}"
