"""The contract's own tests (tests/contract), of those parts that a sink of records keeps.

It keeps no windows and no dead letters: the tests of these have their counterpart here.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sinks.parquet.sink import ParquetSink
from tests.contract.stored import Stored, Subject
from tests.contract.test_sink import (  # noqa: F401 - collected from here, with the subject below
    test_a_position_tells_where_reading_goes_on_and_of_which_topic_it_speaks,
    test_a_write_stores_rows_and_moves_positions,
    test_a_wrong_expectation_is_fenced_and_stores_nothing,
    test_partitions_that_a_batch_does_not_touch_stay,
    test_positions_begin_before_the_first_record,
    test_what_is_noted_beside_a_position_leaves_its_place,
    test_what_is_noted_too_late_is_not_kept,
    test_writes_go_on_after_a_fence,
)
from tests.models.records import heartbeat
from tests.sinks.parquet.sinks import P0, add, batch, offsets, rows, sink_in


@pytest.fixture
async def subject(place: dict[str, Any]) -> AsyncIterator[Subject]:
    sink = sink_in(place)

    async def look() -> Stored:
        found = rows(place, "kafka_partition", "kafka_offset", "session_id")
        return Stored([(p, offset, name) for p, offset, name in found], [])

    async def refuse(session_id: str) -> None:
        del session_id

    yield Subject(sink, look, refuse)
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
