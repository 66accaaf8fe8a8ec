"""One object is one commit: two writers, zombies, answers that were lost, hours, epochs."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from models.batches import Batch
from models.positions import Position
from sinks.base import Fenced, SinkUnavailable
from tests.models.records import NOW_MILLISECONDS, heartbeat
from tests.sinks.parquet.gateway import Gateway
from tests.sinks.parquet.lossy_proxy import LossyProxy, lossy_proxy
from tests.sinks.parquet.sinks import (
    BEGIN,
    HOUR_MS,
    P0,
    P1,
    add,
    batch,
    keys,
    offsets,
    sink_in,
)

NEXT_HOUR = NOW_MILLISECONDS + HOUR_MS


@pytest.fixture
def proxy(gateway: Gateway) -> Iterator[LossyProxy]:
    with lossy_proxy(gateway.port) as proxy:
        yield proxy


async def test_an_object_is_named_by_epoch_partition_hour_and_first_offset(
    place: dict[str, Any],
) -> None:
    sink = sink_in(place)
    expected = await sink.positions([P1])

    await sink.write(batch(sink, 3, start=7, tp=P1), expected)
    await sink.write(batch(sink, 1, start=12, tp=P1), await sink.positions([P1]))

    folder = "epoch=1/kafka_partition=1/date=2026-11-22/hour=10"
    assert keys(place) == [
        f"{folder}/00000000000000000000.parquet",
        f"{folder}/00000000000000000010.parquet",
    ]


async def test_of_two_writers_at_the_same_position_one_is_fenced(place: dict[str, Any]) -> None:
    one, other = sink_in(place), sink_in(place)
    of_one, of_other = await one.positions([P0]), await other.positions([P0])
    await one.write(batch(one, 5), of_one)

    with pytest.raises(Fenced):
        await other.write(batch(other, 7), of_other)

    assert offsets(place) == [(0, offset) for offset in range(5)]


@pytest.mark.parametrize("count", [2, 5, 9])
async def test_a_zombie_with_an_old_position_stores_nothing(
    place: dict[str, Any], count: int
) -> None:
    zombie, successor = sink_in(place), sink_in(place)
    old = await zombie.positions([P0])
    await zombie.write(batch(zombie, 2), old)
    await successor.write(batch(successor, 3, start=2), await successor.positions([P0]))
    await successor.write(
        batch(successor, 3, start=5, timestamp=NEXT_HOUR), await successor.positions([P0])
    )

    with pytest.raises(Fenced):
        await zombie.write(batch(zombie, count, start=2), {P0: Position(1, 1, NOW_MILLISECONDS)})

    assert offsets(place) == [(0, offset) for offset in range(8)]
    assert (await zombie.positions([P0]))[P0].last_offset == 7


async def test_a_batch_is_cut_where_the_hour_of_its_records_changes(place: dict[str, Any]) -> None:
    sink = sink_in(place)
    expected = await sink.positions([P0])
    three_hours = batch(sink, 2)
    batch(sink, 3, start=2, timestamp=NEXT_HOUR, to=three_hours)
    add(sink, three_hours, [None, heartbeat()], 5, timestamp=NEXT_HOUR + HOUR_MS)

    await sink.write(three_hours, expected)

    assert [key.partition("date=")[2] for key in keys(place)] == [
        "2026-11-22/hour=10/00000000000000000000.parquet",
        "2026-11-22/hour=11/00000000000000000002.parquet",
        "2026-11-22/hour=12/00000000000000000005.parquet",
    ]
    assert [offset for _, offset in offsets(place)] == [0, 1, 2, 3, 4, 6]
    assert (await sink_in(place).positions([P0]))[P0] == Position(
        1, 6, NEXT_HOUR + HOUR_MS, next_offset=7
    )


async def test_records_out_of_order_stay_in_the_hour_of_the_object_before(
    place: dict[str, Any],
) -> None:
    sink = sink_in(place)
    await sink.write(batch(sink, 1, timestamp=NEXT_HOUR), await sink.positions([P0]))
    await sink.write(batch(sink, 1, start=1), await sink.positions([P0]))
    other = sink_in(place)

    await other.write(batch(other, 1, start=2), await other.positions([P0]))

    assert {key.split("/")[3] for key in keys(place)} == {"hour=11"}
    assert offsets(place) == [(0, 0), (0, 1), (0, 2)]


async def test_an_answer_that_was_lost_is_no_fence(gateway: Gateway, proxy: LossyProxy) -> None:
    bucket = gateway.bucket()
    sink = sink_in(gateway.options(bucket, proxy.port))
    expected = await sink.positions([P0])
    proxy.lose = 1

    await _write_patiently(sink, batch(sink, 5), expected)

    assert proxy.lost == 1
    assert offsets(gateway.options(bucket)) == [(0, offset) for offset in range(5)]


async def test_a_writer_killed_before_it_heard_the_answer_is_not_written_twice(
    gateway: Gateway, proxy: LossyProxy
) -> None:
    bucket = gateway.bucket()
    killed = sink_in(gateway.options(bucket, proxy.port))
    expected = await killed.positions([P0])
    proxy.lose = 10  # each retry hears nothing either
    with suppress(SinkUnavailable):  # or it hears from a retry that its own object stands
        await killed.write(batch(killed, 5), expected)
    successor = sink_in(gateway.options(bucket))

    held = await successor.positions([P0])
    await successor.write(batch(successor, 2, start=5), held)

    assert held[P0].last_offset == 4
    assert offsets(gateway.options(bucket)) == [(0, offset) for offset in range(7)]


async def test_a_batch_that_was_stored_in_part_is_completed(place: dict[str, Any]) -> None:
    sink = sink_in(place)
    expected = await sink.positions([P0, P1])
    both = batch(sink, 2)
    batch(sink, 2, start=2, timestamp=NEXT_HOUR, to=both)
    batch(sink, 3, tp=P1, to=both)
    lost = _LosesSecond(sink._objects)  # noqa: SLF001 - between the sink and its objects
    sink._objects = lost  # noqa: SLF001

    for _ in range(3):
        try:
            await sink.write(both, expected)
            break
        except SinkUnavailable:
            await sink.positions([P0, P1])
    await sink.write(both, expected)  # once more: all of it stands

    assert lost.lost == 2
    assert offsets(place) == [(0, 0), (0, 1), (0, 2), (0, 3), (1, 0), (1, 1), (1, 2)]
    assert len(keys(place)) == 3


async def test_another_batch_from_where_one_was_begun_is_fenced(place: dict[str, Any]) -> None:
    sink = sink_in(place)
    expected = await sink.positions([P0])
    await sink.write(batch(sink, 2), expected)

    with pytest.raises(Fenced):
        await sink.write(batch(sink, 4), expected)

    assert offsets(place) == [(0, 0), (0, 1)]


async def test_a_new_epoch_begins_before_the_first_record(place: dict[str, Any]) -> None:
    sink = sink_in(place)
    await sink.write(batch(sink, 2), await sink.positions([P0]))

    await sink.begin_epoch("content_sessions", {P0: BEGIN})
    begun = await sink_in(place).positions([P0])
    new = sink_in(place)
    await new.write(batch(new, 3), await new.positions([P0]))

    assert begun == {P0: BEGIN._replace(epoch=2)}
    assert len(offsets(place)) == 5
    assert (await new.positions([P0]))[P0].place == (2, 2)
    with pytest.raises(Fenced):
        await new.write(batch(new, 1, start=2), {P0: Position(1, 1, NOW_MILLISECONDS)})


async def test_a_partition_that_begins_at_its_first_offset_is_known_to_the_next_worker(
    place: dict[str, Any],
) -> None:
    sink = sink_in(place)
    await sink.positions([P0])
    begins = BEGIN._replace(next_offset=0)

    await sink.note({P0: begins})

    assert await sink_in(place).positions([P0]) == {P0: begins}


async def test_what_was_noted_is_stored_with_the_next_object(place: dict[str, Any]) -> None:
    sink = sink_in(place)
    await sink.write(batch(sink, 1), await sink.positions([P0]))
    noted = (await sink.positions([P0]))[P0]._replace(next_offset=5, leader_epoch=2)
    await sink.note({P0: noted})

    await sink.write(batch(sink, 1, start=5), await sink.positions([P0]))

    assert (await sink_in(place).positions([P0]))[P0].place == (1, 5)
    assert keys(place)[-1].endswith("00000000000000000001.parquet")


async def test_a_control_without_the_guard_stores_records_twice(place: dict[str, Any]) -> None:
    """What the tests above would miss if they could not see it."""
    one, zombie = sink_in(place), sink_in(place)
    expected = await one.positions([P0])
    await zombie.positions([P0])
    await one.write(batch(one, 5), expected)
    unguarded = _Unguarded(zombie._objects)  # noqa: SLF001 - the guard is what is taken away
    zombie._objects = unguarded  # noqa: SLF001

    await zombie.write(batch(zombie, 5), expected)

    assert offsets(place) != [(0, offset) for offset in range(5)]


async def _write_patiently(sink: Any, one: Batch, expected: Any) -> None:
    try:
        await sink.write(one, expected)
    except SinkUnavailable:
        await sink.positions(expected)
        await sink.write(one, expected)


class _Around:
    """Objects, with something between."""

    def __init__(self, objects: Any) -> None:
        self._inner = objects

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class _LosesSecond(_Around):
    """Of the first objects the second is not stored, and the answer to the third is lost."""

    begun = 0
    lost = 0

    async def create(self, key: str, body: memoryview, metadata: Any) -> bool:
        self.begun += 1
        if self.begun == 2:
            self.lost += 1
            raise SinkUnavailable("not stored")
        created: bool = await self._inner.create(key, body, metadata)
        if self.begun == 3:
            self.lost += 1
            raise SinkUnavailable("stored, but who knows")
        return created


class _Unguarded(_Around):
    """Stores under another name where one is taken, as a sink without a guard would."""

    async def create(self, key: str, body: memoryview, metadata: Any) -> bool:
        if await self._inner.create(key, body, metadata):
            return True
        other = key.replace(".parquet", "-again.parquet")
        created: bool = await self._inner.create(other, body, metadata)
        return created
