"""The sink that stores each record in ClickHouse exactly once: see `ClickhouseSink.write`.

ClickHouse has no transactions; each partition of Kafka commits by itself, with one INSERT.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models.batches import Batch, DecodedBatch
from models.positions import Position, Positions, TopicPartition
from models.streams import Stream
from sinks.base import Fenced, Rejected, Since, SinkUnavailable, Totals
from sinks.clickhouse.column_types import column_types
from sinks.clickhouse.insert import EXACT, insert_sql, sent_columns, token
from sinks.clickhouse.keeping import Keeping
from sinks.clickhouse.names import REFUSED, Names
from sinks.clickhouse.options import ClickhouseOptions
from sinks.clickhouse.positions import keep_epochs, read_positions, rows_reach
from sinks.clickhouse.preparation import prepare
from sinks.clickhouse.server import Server
from telemetry import fault_points

if TYPE_CHECKING:
    import pyarrow as pa

logger = logging.getLogger(__name__)

_MOST_ATTEMPTS = 100
"""Burnt names in a row for one position: each is one kill of the server at one moment."""

Refusal = SinkUnavailable | Rejected | Fenced


@dataclass(frozen=True, slots=True)
class _Move:
    """What one partition is to do: from where it stands to where it is to stand, with what."""

    tp: TopicPartition
    begin: Position
    end: Position
    batches: Sequence[pa.RecordBatch]


class ClickhouseSink:
    """Stores one stream's records, dead letters among them, and positions."""

    label = "clickhouse"

    def __init__(self, options: ClickhouseOptions, stream: Stream) -> None:
        self._options = options
        self._stream = stream
        self._names = Names.of(options, stream)
        self._server = Server(options)
        self._keeping = Keeping(self._server, self._names)
        types = {name: one.sql for name, one in column_types(stream).items()}
        self._sent = {given: sent_columns(types, refusals=given) for given in (False, True)}
        self._encoder: Any = None
        self._is_prepared = False
        self._attempts: Counter[tuple[TopicPartition, tuple[int, int]]] = Counter()
        self._known: dict[TopicPartition, Position] = {}
        self._ahead: dict[TopicPartition, Position] = {}
        self._under_way: set[asyncio.Task[Refusal | None]] = set()

    async def positions(self, partitions: Iterable[TopicPartition]) -> Positions:
        await self._ready()
        await self._keeping.now()
        await keep_epochs(self._server, self._names)
        return await self._read(partitions)

    async def note(self, positions: Positions) -> None:
        held = await self.positions(positions)
        kept = {
            tp: at
            for tp, at in positions.items()
            if held[tp].place == at.place and (held[tp].next_offset or 0) <= (at.next_offset or 0)
        }
        if kept:
            await self._keeping.now(kept)

    async def totals(self, partitions: Iterable[TopicPartition], since: Since) -> Totals:
        del partitions, since  # its windows are read from its rows
        return {}

    def encode(self, decoded: DecodedBatch, epoch: int) -> pa.RecordBatch:
        del epoch
        if self._encoder is None:
            from sinks.clickhouse.arrow import Encoder  # noqa: PLC0415 - loads pyarrow

            self._encoder = Encoder(self._stream)
        return self._encoder.encode(decoded)

    async def write(self, batch: Batch, expected: Positions) -> Totals:
        """Store each partition's records with one INSERT, which its position decides upon.

        The INSERT looks whether the partition stands where it is expected, and has a name that says
        so too: of several with one name the server keeps the first. What it answers tells nothing
        (also a dropped one succeeds), so the position is read back, and tells what happened.
        """
        await self._ready()
        moves = await self._moves(batch, expected)
        while moves:
            refusals = await self._insert_all(moves)
            moves = await self._look_back(moves, refusals)
        reached = batch.positions(expected)
        self._keeping.later(reached)
        for tp, at in reached.items():
            if self._known.get(tp, at).last_offset <= at.last_offset:
                self._known[tp] = at
        return {}

    async def close(self) -> None:
        for task in self._under_way:
            task.cancel()
        if self._under_way:
            await asyncio.wait(self._under_way)
        await self._keeping.close()
        await self._server.close()

    async def _read(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, Position]:
        found = await read_positions(self._server, self._names, partitions)
        self._known.update(found)
        return found

    async def _ready(self) -> None:
        # what a cancelled call began goes on at the server: nothing is told before it has ended
        if self._under_way:
            await asyncio.wait(self._under_way)
        if not self._is_prepared:
            await prepare(self._server, self._options, self._stream, self._names)
            self._is_prepared = True

    async def _moves(self, batch: Batch, expected: Positions) -> list[_Move]:
        """Say what is left to store. Raises Fenced before anything is, where that can be seen."""
        reached = batch.positions(expected)
        if any(self._known.get(tp, expected[tp]).place != expected[tp].place for tp in reached):
            await self._read(reached)
        moves = []
        for tp, end in reached.items():
            begin = self._begin(tp, expected[tp], end)
            if begin.last_offset < end.last_offset:
                parts = [part.rows for part in batch.parts if part.tp == tp]
                moves.append(_Move(tp, begin, end, _behind(parts, begin, expected[tp])))
        return moves

    def _begin(self, tp: TopicPartition, expected: Position, end: Position) -> Position:
        held = self._known.get(tp, expected)
        if held.place == expected.place:
            return expected
        # stored before, by this very batch: its answer was lost, or another partition's part of it
        # was refused and what was read again comes by smaller batches
        is_ahead = self._ahead.get(tp, expected).place == held.place
        if held.place == end.place or (is_ahead and expected.place < held.place):
            return held
        raise Fenced(f"{tp} stands at {held.place}, expected was {expected.place}")

    async def _insert_all(self, moves: Sequence[_Move]) -> list[Refusal | None]:
        tasks = [asyncio.create_task(self._insert(move)) for move in moves]
        for task in tasks:
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        return await asyncio.gather(*map(asyncio.shield, tasks))

    async def _insert(self, move: _Move) -> Refusal | None:
        from sinks.clickhouse.arrow import stream_of  # noqa: PLC0415 - loads pyarrow

        sent = self._sent[any(REFUSED in one.schema.names for one in move.batches)]
        sql = insert_sql(self._names, sent, move.tp, move.begin)
        name = token(move.tp, move.begin, self._attempts[move.tp, move.begin.place])
        settings = {**EXACT, "insert_deduplication_token": name}
        fault_points.reach("before_commit")
        try:
            await self._server.insert(sql, stream_of(move.batches), settings)
        except (SinkUnavailable, Rejected, Fenced) as refusal:
            return refusal
        return None

    async def _look_back(
        self, moves: Sequence[_Move], refusals: Sequence[Refusal | None]
    ) -> list[_Move]:
        """Give what has to be tried once more, under another name. Raises what was refused."""
        ends = {move.tp: move.end for move in moves}
        if refusals.count(None) == len(moves) and await rows_reach(self._server, self._names, ends):
            self._known.update(ends)
            self._forget_attempts(moves)
            return []
        held = await self._read(ends)
        again: list[_Move] = []
        refused: list[Refusal] = []
        for move, refusal in zip(moves, refusals, strict=True):
            if held[move.tp].place == move.end.place:
                self._forget_attempts([move])
            elif held[move.tp].place != move.begin.place:
                raise Fenced(f"{move.tp} stands at {held[move.tp].place}: {refusal}")
            elif refusal is not None:
                refused.append(refusal)
            else:
                self._burn_name(move)
                again.append(move)
        if refused:
            self._remember_ahead(moves, held)
            raise min(refused, key=_gravity)
        return again

    def _burn_name(self, move: _Move) -> None:
        key = (move.tp, move.begin.place)
        self._attempts[key] += 1
        logger.warning("the server was killed while it stored %s: once more", key)
        if self._attempts[key] % _MOST_ATTEMPTS == 0:
            raise SinkUnavailable(f"{self._server.where} takes rows of {move.tp} and stores none")

    def _forget_attempts(self, moves: Iterable[_Move]) -> None:
        for move in moves:
            self._attempts.pop((move.tp, move.begin.place), None)

    def _remember_ahead(
        self, moves: Sequence[_Move], held: Mapping[TopicPartition, Position]
    ) -> None:
        for move in moves:
            if held[move.tp].place == move.end.place:
                self._ahead[move.tp] = held[move.tp]


def _behind(
    parts: Sequence[pa.RecordBatch], begin: Position, expected: Position
) -> Sequence[pa.RecordBatch]:
    if begin.place == expected.place:
        return parts
    from sinks.clickhouse.arrow import after  # noqa: PLC0415 - loads pyarrow

    return [after(part, begin.last_offset) for part in parts]


def _gravity(refusal: Refusal) -> int:
    return [Fenced, Rejected, SinkUnavailable].index(type(refusal))
