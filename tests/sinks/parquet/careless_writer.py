"""`python -m tests.sinks.parquet.careless_writer PLACE SEED [unguarded]`: writes until killed.

One of several that write the same partitions and care for nothing: they pause in the middle and
write on, also from positions that were true long ago. What a record says follows from its offset.
"""

import asyncio
import json
import os
import random
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from models.batches import Batch
from models.content_sessions import CONTENT_SESSIONS
from models.decode import Decoder
from models.positions import Position, Positions, TopicPartition
from models.records import RecordBatch
from models.validation import Limits
from sinks.base import Fenced, Sink, SinkUnavailable
from tests.models.records import NOW_MILLISECONDS, KafkaRecord, heartbeat
from tests.sinks.parquet.sinks import P0, P1, sink_in

_DECODER = Decoder(CONTENT_SESSIONS, Limits(retention_seconds=10**9))
_VALUE = heartbeat("2026-11-21T00:00:00Z")
_PAUSE_SECONDS = 0.05


def timestamp(offset: int) -> int:
    """Give 400 records to a second, and some of them eight minutes off."""
    off = offset * 2_654_435_761 % 977 - 488 if offset % 11 == 0 else 0
    return NOW_MILLISECONDS + offset * 1_000 // 400 * 20 + off * 1_000


def records(tp: TopicPartition, first: int, count: int) -> RecordBatch:
    """Every thirteenth is a dead letter."""
    made = [
        KafkaRecord(offset, _VALUE if offset % 13 else None, timestamp(offset))
        for offset in range(first, first + count)
    ]
    return RecordBatch(tp, first, first + count, made)


class UnguardedObjects:
    """Stores what has a name already under another one."""

    def __init__(self, objects: Any) -> None:
        self._objects = objects

    def __getattr__(self, name: str) -> Any:
        return getattr(self._objects, name)

    async def create(self, key: str, body: memoryview, metadata: Any) -> bool:
        again = f"-{random.randrange(10**6)}.parquet"
        if await self._objects.create(key, body, metadata):
            return True
        created: bool = await self._objects.create(key.replace(".parquet", again), body, metadata)
        return created


async def main(opened: Callable[[], Sink], seed: int) -> None:
    chance = random.Random(seed)
    zombies: list[tuple[Sink, Positions]] = []
    parent = os.getppid()
    while os.getppid() == parent:  # not longer than the test that has started it
        sink = opened()
        try:
            positions = await sink.positions([P0, P1])
            zombies.append((sink, positions))
            if chance.random() < 0.4:  # one that knows of nothing that came after it
                sink, positions = chance.choice(zombies)
            await _write_on(sink, dict(positions), chance)
        except Fenced:
            continue
        except SinkUnavailable:
            await asyncio.sleep(_PAUSE_SECONDS)


async def _write_on(sink: Sink, at: dict[TopicPartition, Position], chance: random.Random) -> None:
    for _ in range(chance.randint(1, 20)):
        batch = Batch(CONTENT_SESSIONS)
        for tp in chance.sample([P0, P1], chance.randint(1, 2)):
            first = at[tp].last_offset + 1
            for count in (chance.randint(1, 700), chance.randint(1, 300)):
                decoded = _DECODER.decode(records(tp, first, count))
                batch.add(decoded, sink.encode(decoded, epoch=1))
                first += count
        if chance.random() < 0.05:
            await asyncio.sleep(chance.random())
        await _store(sink, batch, at)


async def _store(sink: Sink, batch: Batch, at: dict[TopicPartition, Position]) -> None:
    expected = {tp: at[tp] for tp in {part.tp for part in batch.parts}}
    while True:
        try:
            await sink.write(batch, expected)
        except SinkUnavailable:
            await asyncio.sleep(_PAUSE_SECONDS)
        else:
            at.update(batch.positions(expected))
            return


def _unguarded(place: dict[str, Any]) -> Sink:
    sink = sink_in(place)
    sink._objects = UnguardedObjects(sink._objects)  # noqa: SLF001 - the control
    return sink


if __name__ == "__main__":
    opening = _unguarded if "unguarded" in sys.argv else sink_in
    asyncio.run(main(partial(opening, json.loads(sys.argv[1])), int(sys.argv[2])))
