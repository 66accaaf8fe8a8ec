"""The contract's own tests, in a folder and in S3, and what a sink of records has beside it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from headrace.testing import NotesContract, Stored, Subject, heartbeat
from models.positions import Positions
from sinks.parquet.kind import KIND
from sinks.parquet.sink import ParquetSink
from tests.contract.stored import begin_epoch_of, count_of
from tests.sinks.parquet.sinks import P0, add, batch, offsets, rows, sink_in


class TestParquet(NotesContract):
    @pytest.fixture
    async def subject(self, place: dict[str, Any]) -> AsyncIterator[Subject]:
        sink = sink_in(place)

        async def look() -> Stored:
            found = rows(place, "kafka_partition", "kafka_offset", "session_id")
            return Stored([(p, offset, name) for p, offset, name in found], [])

        async def begin_epoch(begun: Positions) -> int:
            return await begin_epoch_of(KIND, place, begun)

        async def count() -> int:
            return await count_of(KIND, place)

        yield Subject(sink, look, begin_epoch=begin_epoch, count=count)
        await sink.close()


@pytest.mark.parametrize("payload", [None, b"", b"\0\xff{"])
async def test_a_batch_of_dead_letters_alone_moves_the_position(
    place: dict[str, Any], payload: bytes | None
) -> None:
    sink = sink_in(place)
    positions = await sink.positions([P0])
    bad = add(sink, batch(sink, 1), [payload, payload], 1)
    await sink.write(bad, positions)
    only_bad = add(sink, type(bad)(bad.stream), [payload] * 3, 3)

    await sink.write(only_bad, await sink.positions([P0]))

    assert (await sink_in(place).positions([P0]))[P0].last_offset == 5
    assert offsets(place) == [(0, 0)]


@pytest.mark.parametrize("steps", [0, 1, 2, 5, 10, 20, 40, 80])
async def test_a_cancelled_write_is_undone_or_shows_in_the_positions(
    place: dict[str, Any], steps: int
) -> None:
    sink = sink_in(place)
    positions = await sink.positions([P0])
    bad_and_good = batch(sink, 1_000)
    add(sink, bad_and_good, [heartbeat(), None] * 500, 1_000)

    writing = asyncio.create_task(sink.write(bad_and_good, positions))
    for _ in range(steps):
        await asyncio.sleep(0)
    writing.cancel()
    await asyncio.wait([writing])

    reached = (await sink.positions([P0]))[P0].last_offset
    assert (reached, len(offsets(place))) in {(-1, 0), (1_999, 1_500)}


async def test_closing_twice_is_harmless(place: dict[str, Any]) -> None:
    sink: ParquetSink = sink_in(place)
    await sink.positions([P0])

    await sink.close()
    await sink.close()
