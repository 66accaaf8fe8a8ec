"""A replay's target that is a sink of headrace.yaml, of any kind, and holds nothing of the stream.

Rows are stored under the places that their records had, by the sink's own write: they are there
once for the reason that a worker's are. When all of the history is there, the role of the sink goes
on behind it. What is refused is counted in PostgreSQL, as not every sink keeps it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from app.letters.streams import REPLAY
from batching.topics import count_partitions
from config.document import ConfiguredSink
from config.environment import PlainError
from models.batches import Batch
from models.positions import Position, Positions, TopicPartition
from models.streams import Stream
from sinks.base import Totals
from sinks.history import Run
from sinks.kinds import SinkKind
from sinks.postgres.staging import Staging


class CannotFillError(PlainError):
    """The sink cannot be filled, or not safely; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Topics:
    """`own` is the stream's topic, `filled` the one that positions are kept of."""

    broker: str
    own: str
    filled: str

    @property
    def is_whole(self) -> bool:
        """Whether the sink's role is to go on behind it."""
        return self.own == self.filled


class SinkTarget:
    """Fills one stream of a sink. A Sink itself."""

    def __init__(
        self,
        configured: ConfiguredSink,
        kind: SinkKind,
        stream: Stream,
        topics: Topics,
        refused: Staging,
    ) -> None:
        """Raise CannotFillError where the kind or the entry rules it out."""
        taken = configured.entry.streams
        if taken and stream.topic not in taken:
            raise CannotFillError(
                f"--into {configured.name}: headrace.yaml says that it takes {', '.join(taken)}"
            )
        if kind.count is None:
            raise CannotFillError(
                f"--into {configured.name}: sinks of kind {kind.name} do not count what they hold "
                "(SinkKind.count), and a replay compares that with what it has sent"
            )
        self._count: Callable[[Any, Stream, str], Awaitable[int]] = kind.count
        self._configured = configured
        self._kind = kind
        self._stream = stream
        self._topics = topics
        self._refused = refused
        self._sink = kind.open(configured.options, stream, configured.name)
        self._partitions: list[int] = []
        self._ids: Mapping[tuple[int, int], UUID | None] = {}
        self.label = self._sink.label
        self.encode = self._sink.encode
        self.totals = self._sink.totals
        self.note = self._sink.note

    async def prepare(self, ends: Mapping[Run, Position], *, is_new: bool, anew: bool) -> None:
        """Look whether it can be filled. Raises CannotFillError."""
        if self._kind.begin_epoch is None and max(run.epoch for run in ends) > 1:
            raise CannotFillError(
                f"--into {self._configured.name}: the topic has been made anew, and sinks of kind "
                f"{self._kind.name} cannot begin an epoch"
            )
        topics = self._topics
        there = (await count_partitions(topics.broker, [topics.own]))[topics.own]
        count = max(there, 1 + max(run.partition for run in ends))
        self._partitions = list(range(count))
        if topics.is_whole:
            self._ids = {(run.epoch, run.partition): at.topic_id for run, at in ends.items()}
        await self.look_untouched()
        if is_new:  # what an earlier replay of a span has left counts too: some sinks mix them
            for topic in (topics.own, f"{topics.own}{REPLAY}"):
                await self._look_empty(topic)
        await self._refused.prepare(anew=anew)

    async def look_untouched(self) -> None:
        """See to it that its role has stored nothing beside the replay. Raises CannotFillError."""
        if not self._topics.is_whole:
            await self._look_empty(self._topics.own)

    async def _look_empty(self, topic: str) -> None:
        tps = [TopicPartition(topic, number) for number in self._partitions]
        for tp, at in (await self._sink.positions(tps)).items():
            if at.place != (1, -1) or at.next_offset is not None:
                raise CannotFillError(
                    f"--into {self._configured.name}: it holds {topic} already (partition "
                    f"{tp.partition}: epoch {at.epoch}, up to offset {at.last_offset}). Name a "
                    "sink with a place of its own (another path, prefix or database), whose role "
                    "has not run yet"
                )

    async def positions(self, partitions: Iterable[TopicPartition]) -> Positions:
        """Say how far it is, and of which topic the source's rows were: so a worker knows it."""
        held = await self._sink.positions(partitions)
        return {
            tp: at._replace(topic_id=at.topic_id or self._ids.get((at.epoch, tp.partition)))
            for tp, at in held.items()
        }

    async def begin_epoch(self, tp: TopicPartition, epoch: int) -> None:
        """Go on to a later life of the topic, in all partitions."""
        held = await self._sink.positions(self._tps)
        while min(at.epoch for at in held.values()) < epoch:
            # one that is there already, as a sink was killed while it began the epoch, stays
            begun = {
                one: at if at.epoch == epoch else Position(epoch, -1, None)
                for one, at in held.items()
            }
            assert self._kind.begin_epoch is not None  # noqa: S101 - looked at in `prepare`
            await self._kind.begin_epoch(self._configured.options, self._stream, tp.topic, begun)
            held = await self._sink.positions(self._tps)

    async def write(self, batch: Batch, expected: Positions) -> Totals:
        """Store it, and the position without the record's time: that was not the first one's."""
        await self._refused.refuse(batch, expected)
        batch.parts = [replace(part, last_timestamp=None) for part in batch.parts]
        return await self._sink.write(batch, expected)

    async def counted(self) -> tuple[int, Mapping[tuple[str, str], int]]:
        """Count rows where they lie, and what was refused by reason and detail."""
        topic = self._topics.filled
        stored = await self._count(self._configured.options, self._stream, topic)
        _, refused = await self._refused.counted()
        return stored, refused

    async def hand_over(self, ends: Mapping[Run, Position]) -> None:
        """Keep positions as a worker finds them: it goes on behind the last record."""
        await self.look_untouched()
        if self._topics.is_whole:
            # also into a life of the topic of which there are no rows yet
            await self.begin_epoch(self._tps[0], max(run.epoch for run in ends))
        held = await self.positions(self._tps)
        # in some sinks the rows tell a time too: what is read further goes before it
        await self._sink.note(
            {
                tp: at._replace(last_timestamp=None, next_offset=_goes_on(tp, at, ends))
                for tp, at in held.items()
                if at.last_offset >= 0 or self._topics.is_whole
            }
        )

    async def keep_end(self, stored: int) -> None:
        """Keep that it is all done, for one that is killed before it has forgotten the replay."""
        await self._refused.keep_end(stored)

    async def ended(self) -> int | None:
        """Give what `keep_end` was told; None where this replay has not come to its end.

        Raises CannotFillError where the rows are not there any more.
        """
        ended = await self._refused.ended()
        if ended is not None:
            stored, _ = await self.counted()
            if stored < ended:
                raise CannotFillError(
                    f"--into {self._configured.name}: this replay came to its end, with {ended:,} "
                    f"rows, but {stored:,} are there now. --anew begins again"
                )
        return ended

    async def end(self) -> None:
        """Forget the replay."""
        await self._refused.drop()

    async def close(self) -> None:
        await self._sink.close()
        await self._refused.close()

    @property
    def _tps(self) -> list[TopicPartition]:
        return [TopicPartition(self._topics.filled, number) for number in self._partitions]


def _goes_on(tp: TopicPartition, at: Position, ends: Mapping[Run, Position]) -> int:
    """Say from which offset a worker reads a partition on.

    Of one without rows in the newest life of its topic, the source's position tells: rows up to
    there may be those of a life before, while the topic is still the same.
    """
    if at.last_offset >= 0:
        return at.read_to.offset
    end = ends.get(Run(at.epoch, tp.partition))
    return end.read_to.offset if end else 0
