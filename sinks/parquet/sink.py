"""The sink whose positions are the names of its objects: one object is one commit.

An object holds a range of offsets of one partition, begins where the position stood, and says where
it stands then. It is stored only where none stands, so of two writers that start from the same
position one is fenced. A range of which no record became a row is an object without rows: the
position moves by objects alone, and dead letters are kept in PostgreSQL already.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import partial
from uuid import uuid4

from models.batches import Batch, DecodedBatch, Part
from models.positions import Position, Positions, TopicPartition
from sinks.base import Fenced, Since, SinkUnavailable, Totals
from sinks.ending import to_the_end
from sinks.parquet.columns import Columns
from sinks.parquet.epochs import begin_epoch, is_over, newest_epoch, note_beginning
from sinks.parquet.facts import Facts, read_facts
from sinks.parquet.files import Files
from sinks.parquet.finding import Held, find
from sinks.parquet.keys import object_key
from sinks.parquet.objects import Objects
from sinks.parquet.packed import Rows, packed
from sinks.parquet.pieces import Piece, cut
from sinks.parquet.together import Together
from telemetry import fault_points

_AT_ONCE = 8
"""So many partitions are looked up at the same time."""

_WRITTEN_AT_ONCE = 2
"""So many partitions are written at the same time: while one is made, another is on its way."""


class ParquetSink:
    """Stores the rows of one stream.

    What `note` is told is kept in memory alone, as objects are never changed: but not where a
    partition begins, which has an object of its own.
    """

    label = "parquet"

    def __init__(self, objects: Objects, columns: Columns, files: Files) -> None:
        self._objects = objects
        self._columns = columns
        self._files = files
        self._writer = uuid4().hex
        self._held: dict[TopicPartition, Held] = {}
        self._begun: dict[TopicPartition, tuple[tuple[int, int], frozenset[int]]] = {}
        self._notes: dict[TopicPartition, Position] = {}

    async def positions(self, partitions: Iterable[TopicPartition]) -> Positions:
        wanted = list(partitions)
        await self._objects.prepare()
        topics = {tp.topic for tp in wanted}
        epochs = {topic: await newest_epoch(self._objects, topic) for topic in topics}
        fault_points.reach("during_positions")
        finding = Together[Held](_AT_ONCE)
        for tp in wanted:
            finding.add(partial(find, self._objects, tp, epochs[tp.topic]))
        self._held.update(zip(wanted, await finding.done(), strict=True))
        return {tp: self._noted(tp) for tp in wanted}

    async def totals(self, partitions: Iterable[TopicPartition], since: Since) -> Totals:
        del partitions, since
        return {}

    def encode(self, decoded: DecodedBatch, epoch: int) -> Rows:
        del epoch
        return packed(self._columns.encode(decoded))

    async def write(self, batch: Batch, expected: Positions) -> Totals:
        """Store each partition by itself: where it fails, some may be stored and others not.

        Called again with the same batch, it stores what is missing of it, whatever was lost: an
        answer, or some of the objects that a partition was cut into.
        """
        parts: dict[TopicPartition, list[Part]] = defaultdict(list)
        for part in batch.parts:
            parts[part.tp].append(part)
        reached = batch.positions(expected)
        for topic, epoch in {(tp.topic, expected[tp].epoch) for tp in parts}:
            if await is_over(self._objects, topic, epoch):
                raise Fenced(f"{topic}: epoch {epoch} is over, the next one has begun")
        held = {tp: await self._start(tp, expected[tp], reached[tp]) for tp in parts}
        writing = Together[None](_WRITTEN_AT_ONCE)
        for tp, its_parts in parts.items():
            pieces = cut(its_parts, held[tp].position.last_offset, held[tp].hour)
            if held[tp].position.place == expected[tp].place:
                ends = frozenset(piece.last_offset for piece in pieces)
                self._begun[tp] = (expected[tp].place, ends)
            writing.add(partial(self._write, tp, pieces, reached[tp]))
        await writing.done()
        return {}

    async def note(self, positions: Positions) -> None:
        for tp, noted in positions.items():
            held = self._noted(tp) if tp in self._held else None
            if held and held.place == noted.place and _read_further(held, noted):
                if _begins(held, noted):
                    await note_beginning(self._objects, tp, noted)
                self._notes[tp] = noted

    async def begin_epoch(self, topic: str, begun: Positions) -> int:
        """Begin a topic's next epoch at these positions; return its number.

        The positions' own epochs are not looked at. Raises SinkUnavailable.
        """
        await self._objects.prepare()
        return await begin_epoch(self._objects, topic, begun)

    async def close(self) -> None:
        await self._objects.close()

    def _noted(self, tp: TopicPartition) -> Position:
        held, noted = self._held[tp].position, self._notes.get(tp)
        if noted is None or noted.place != held.place or not _read_further(held, noted):
            return held
        return noted

    async def _start(self, tp: TopicPartition, expected: Position, reached: Position) -> Held:
        """Give where to write on: at `expected`, or where this same batch was left off.

        Raises Fenced where anything else stands.
        """
        held = self._held.get(tp)
        if held is None or held.position.place != expected.place:
            await self.positions([tp])
            held = self._held[tp]
        place = held.position.place
        begun, ends = self._begun.get(tp, (None, frozenset[int]()))
        if place == expected.place:
            return held
        is_begun = begun == expected.place and reached.last_offset == max(ends, default=-1)
        if is_begun and held.writer == self._writer and held.position.last_offset in ends:
            return held
        raise Fenced(f"{tp}: stored is (epoch, offset) {place}, expected was {expected.place}")

    async def _write(self, tp: TopicPartition, pieces: Sequence[Piece], reached: Position) -> None:
        for piece in pieces:
            position = reached
            if piece is not pieces[-1]:
                # of what was read behind its last record, only the end of the batch tells
                position = reached._replace(
                    last_offset=piece.last_offset,
                    last_timestamp=piece.last_timestamp,
                    next_offset=None,
                    leader_epoch=None,
                )
            await self._store(tp, piece, position)
            self._held[tp] = Held(position, piece.hour, self._writer)

    async def _store(self, tp: TopicPartition, piece: Piece, position: Position) -> None:
        facts = Facts(self._writer, position)
        body = await asyncio.to_thread(self._file, tp, piece, facts)
        key = object_key(tp, position.epoch, piece.hour, piece.first_offset)
        fault_points.reach("before_commit")
        if await to_the_end(self._objects.create(key, body, facts.metadata())):
            return
        found = await self._objects.look(key)
        if found is None:
            raise SinkUnavailable(f"{key} stands, and does not: it is tried again")
        stood = read_facts(found, position.epoch)
        # the answer to our own PUT was lost, else another writer's object is the next one
        if stood is None or (stood.writer, stood.position.place) != (self._writer, position.place):
            raise Fenced(f"{key} is another writer's: it has gone on from here")

    def _file(self, tp: TopicPartition, piece: Piece, facts: Facts) -> memoryview:
        epoch = facts.position.epoch
        return self._files.write(piece.rows, tp.partition, epoch, facts.metadata())


def _read_further(held: Position, noted: Position) -> bool:
    return (held.next_offset or 0) <= (noted.next_offset or 0)


def _begins(held: Position, noted: Position) -> bool:
    """Say whether it is told now where a partition begins, which may be at offset 0."""
    return held.last_offset < 0 and held.next_offset is None and noted.next_offset is not None
