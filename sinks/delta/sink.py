"""The sink whose positions are transaction identifiers of a Delta table.

One write is one commit: files, and how far each partition is stored with them. It is made on top of
the version in which the expected positions were found, or not at all. So of two writers at one
position one is fenced; one that was only overtaken, by writers of other partitions or by an
OPTIMIZE, looks again and commits the same files. Files that no commit names are read by nobody.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from deltalake.transaction import AddAction

from models.batches import Batch, DecodedBatch, Part
from models.positions import Position, Positions, TopicPartition, places
from sinks.base import Fenced, Since, SinkUnavailable, Totals
from sinks.delta.facts import Held, epoch_name, facts_of, new_writer, read_epoch, read_position
from sinks.delta.putting import Putting
from sinks.delta.table import Table
from sinks.ending import to_the_end
from sinks.parquet.columns import Columns
from sinks.parquet.packed import Encoded
from telemetry import fault_points

_TRIES = 30
"""So often a commit may be overtaken by others' before the writer is told to come again."""


class _Wanted(NamedTuple):
    """What a write is to make true of one topic."""

    parts: Sequence[Part]
    expected: Positions
    reached: Positions


class _At(NamedTuple):
    """A table, and the version of it that was read: a commit goes on top of that."""

    table: Table
    version: int


class DeltaSink:
    """Stores the rows of one stream.

    What `note` is told is kept in memory alone, but where a partition begins is committed.
    """

    label = "delta"

    def __init__(self, columns: Columns, putting: Putting, table: Callable[[str], Table]) -> None:
        self._columns = columns
        self._putting = putting
        self._table_of = table
        self._tables: dict[str, Table] = {}
        self._writer = new_writer()
        self._held: dict[TopicPartition, Position] = {}
        self._notes: dict[TopicPartition, Position] = {}

    async def positions(self, partitions: Iterable[TopicPartition]) -> Positions:
        wanted = list(partitions)
        for topic in {tp.topic for tp in wanted}:
            at = await self._updated(topic)
            fault_points.reach("during_positions")
            mine = [tp for tp in wanted if tp.topic == topic]
            found = await asyncio.to_thread(_read, at.table, topic, mine)
            self._held.update({tp: held.position for tp, held in found.items()})
        return {tp: self._noted(tp) for tp in wanted}

    async def totals(self, partitions: Iterable[TopicPartition], since: Since) -> Totals:
        del partitions, since
        return {}

    def encode(self, decoded: DecodedBatch, epoch: int) -> Encoded:
        del epoch
        return self._columns.encode(decoded)

    async def write(self, batch: Batch, expected: Positions) -> Totals:
        """Store all partitions of a topic in one commit; again, what is stored stays as it is."""
        parts: dict[str, list[Part]] = defaultdict(list)
        for part in batch.parts:
            parts[part.tp.topic].append(part)
        reached = batch.positions(expected)
        for topic, its_parts in parts.items():
            its = {tp: at for tp, at in reached.items() if tp.topic == topic}
            await self._store(topic, _Wanted(its_parts, {tp: expected[tp] for tp in its}, its))
        self._held.update(reached)
        return {}

    async def note(self, positions: Positions) -> None:
        for tp, noted in positions.items():
            held = self._noted(tp) if tp in self._held else None
            if held and held.place == noted.place and _read_further(held, noted):
                if _begins(held, noted):
                    await self._note_beginning(tp, noted)
                self._notes[tp] = noted

    async def begin_epoch(self, topic: str, begun: Positions) -> int:
        """Begin the topic's next epoch at these positions; return its number.

        The positions' own epochs are not looked at. Raises SinkUnavailable.
        """
        for _ in range(_TRIES):
            at = await self._updated(topic)
            number = await asyncio.to_thread(read_epoch, at.table.fact, topic) + 1
            facts = {epoch_name(topic): number}
            for tp, begins in begun.items():
                facts |= facts_of(tp, begins._replace(epoch=number), self._writer)
            if await _committed(at, [], facts):
                return number
        raise _overtaken(topic)

    async def count(self, topic: str) -> int:
        """Count the rows that are stored of a topic. Raises SinkUnavailable."""
        return await asyncio.to_thread(self._table_of(topic).count)

    async def close(self) -> None:
        await self._putting.close()

    async def _store(self, topic: str, wanted: _Wanted) -> None:
        at = await self._updated(topic)
        if await self._is_stored(at.table, topic, wanted):
            return
        epoch = next(reached.epoch for reached in wanted.reached.values())
        files = await self._putting.put(topic, wanted.parts, wanted.expected, epoch)
        facts: dict[str, int] = {}
        for tp, reached in wanted.reached.items():
            facts |= facts_of(tp, reached, self._writer)
        for _ in range(_TRIES):
            fault_points.reach("before_commit")
            if await _committed(at, files, facts):
                return
            # overtaken, or it was our own and the answer was lost
            at = await self._updated(topic)
            if await self._is_stored(at.table, topic, wanted):
                return
        raise _overtaken(topic)

    async def _is_stored(self, table: Table, topic: str, wanted: _Wanted) -> bool:
        """Say whether this very write is in the table; False where it is to be stored.

        Raises Fenced where anything else is.
        """
        found = await asyncio.to_thread(_read, table, topic, list(wanted.reached))
        stored = {tp: held.position for tp, held in found.items()}
        if places(stored) == places(wanted.expected):
            return False
        if places(stored) == places(wanted.reached) and self._is_ours(found.values()):
            return True
        raise Fenced(f"stored is {places(stored)}, expected was {places(wanted.expected)}")

    def _is_ours(self, found: Iterable[Held]) -> bool:
        return all(held.writer == self._writer for held in found)

    async def _note_beginning(self, tp: TopicPartition, noted: Position) -> None:
        for _ in range(_TRIES):
            at = await self._updated(tp.topic)
            found = await asyncio.to_thread(_read, at.table, tp.topic, [tp])
            held = found[tp].position
            if held.place != noted.place or held.next_offset is not None:
                return  # somebody else has
            if await _committed(at, [], facts_of(tp, noted, self._writer)):
                return
        raise _overtaken(tp.topic)

    async def _updated(self, topic: str) -> _At:
        """Give the topic's table as it stands now."""
        if topic not in self._tables:
            await self._putting.prepare(topic)
            self._tables[topic] = self._table_of(topic)
        table = self._tables[topic]
        before, entry = table.version, await self._putting.entry(topic, table.version)
        version = await asyncio.to_thread(table.update, entry)
        if not version == before == table.known_version:
            behind = min(table.known_version, version - 1)
            entries = await self._putting.entries(topic, behind, version)
            await asyncio.to_thread(table.learn, version, entries)
            entry = entries[-1] if entries else None
        table.entry = entry
        return _At(table, version)

    def _noted(self, tp: TopicPartition) -> Position:
        held, noted = self._held[tp], self._notes.get(tp)
        if noted is None or noted.place != held.place or not _read_further(held, noted):
            return held
        return noted


async def _committed(at: _At, files: Sequence[AddAction], facts: Mapping[str, int]) -> bool:
    return await to_the_end(asyncio.to_thread(at.table.commit, at.version, files, facts))


def _read(
    table: Table, topic: str, partitions: Iterable[TopicPartition]
) -> Mapping[TopicPartition, Held]:
    epoch = read_epoch(table.fact, topic)
    return {tp: read_position(table.fact, tp, epoch) for tp in partitions}


def _overtaken(topic: str) -> SinkUnavailable:
    return SinkUnavailable(f"{topic}: others commit to this table all the time: it is tried again")


def _read_further(held: Position, noted: Position) -> bool:
    return (held.next_offset or 0) <= (noted.next_offset or 0)


def _begins(held: Position, noted: Position) -> bool:
    """Say whether it is told now where a partition begins, which may be at offset 0."""
    return held.last_offset < 0 and held.next_offset is None and noted.next_offset is not None
