"""The writers of all streams of a worker, as the one position store that its consumer asks."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TypeVar

from agents.writer import Writer
from batching.topic_identity import PartitionIdentity
from models.positions import Positions, ReadTo, TopicPartition

T = TypeVar("T")


class Writers:
    """Each stream has a writer and a sink of its own: one that waits holds no other up."""

    def __init__(self, writers: Iterable[Writer]) -> None:
        self._writers = {topic: writer for writer in writers for topic in writer.topics}

    @property
    def topics(self) -> frozenset[str]:
        return frozenset(self._writers)

    async def take_over(self, partitions: Iterable[TopicPartition]) -> None:
        """Learn where partitions stand, waiting for each stream's sink as long as it takes."""
        for writer, mine in self._by_writer(partitions):
            await writer.take_over(mine)

    def suspend(self, partitions: Iterable[TopicPartition]) -> None:
        for writer, mine in self._by_writer(partitions):
            writer.suspend(mine)

    def begin(self, tp: TopicPartition, identity: PartitionIdentity) -> int:
        return self._writers[tp.topic].begin(tp, identity)

    async def keep_beginnings(self, partitions: Iterable[TopicPartition]) -> None:
        """Store where partitions begin of which nothing is stored, before they are read."""
        for writer, mine in self._by_writer(partitions):
            await writer.keep_beginnings(mine)

    def skip(self, tp: TopicPartition, read_to: ReadTo) -> None:
        self._writers[tp.topic].skip(tp, read_to)

    def stored(self) -> Positions:
        return _joined(writer.stored() for writer in self._writers.values())

    def done_up_to(self) -> Mapping[TopicPartition, int]:
        return _joined(writer.done_up_to() for writer in self._writers.values())

    async def give_up(self, within_seconds: float) -> None:
        """Hand all partitions back; raises what one of them raised after all have done so."""
        ends = await asyncio.gather(
            *(writer.give_up(within_seconds) for writer in self._writers.values()),
            return_exceptions=True,
        )
        for end in ends:
            if end is not None:
                raise end

    def _by_writer(
        self, partitions: Iterable[TopicPartition]
    ) -> list[tuple[Writer, list[TopicPartition]]]:
        found: defaultdict[str, list[TopicPartition]] = defaultdict(list)
        for tp in partitions:
            found[tp.topic].append(tp)
        return [(self._writers[topic], mine) for topic, mine in found.items()]


def _joined(parts: Iterable[Mapping[TopicPartition, T]]) -> dict[TopicPartition, T]:
    return {tp: value for part in parts for tp, value in part.items()}
