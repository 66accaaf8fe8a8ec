"""Writers that all think they own both partitions, while the server is killed again and again."""

import asyncio
import random

import pytest

from devstack.engines.clickhouse import Clickhouse
from models.positions import TopicPartition
from sinks.base import Fenced, SinkUnavailable
from sinks.clickhouse.sink import ClickhouseSink
from tests.sinks.clickhouse.beside import P0, P1, Place, batch, without_guard

_SECONDS = 25.0
_WRITERS = 3


async def _write_for_a_while(sink: ClickhouseSink, tp: TopicPartition, dice: random.Random) -> None:
    expected = dict(await sink.positions([tp]))
    for _ in range(dice.randint(1, 20)):
        first = expected[tp].last_offset + 1
        rows = batch(sink, (tp, first, first + dice.randrange(3_000)))
        if dice.random() < 0.1:  # frozen between reading the position and writing
            await asyncio.sleep(dice.random())
        await sink.write(rows, expected)
        expected |= rows.positions(expected)


async def _writer(place: Place, seed: int, ends_at: float) -> None:
    dice = random.Random(seed)
    loop = asyncio.get_running_loop()
    while loop.time() < ends_at:
        sink = place.sink(command_seconds=8)
        while dice.random() < 0.9 and loop.time() < ends_at:
            writing = asyncio.create_task(_write_for_a_while(sink, dice.choice([P0, P1]), dice))
            # some are cut off in the middle, as a killed process is
            _, late = await asyncio.wait([writing], timeout=dice.uniform(0.2, 3))
            for task in late:
                task.cancel()
                await asyncio.wait([task])
            if not writing.cancelled() and (error := writing.exception()):
                assert isinstance(error, SinkUnavailable | Fenced), error
                await asyncio.sleep(0.05)
        await sink.close()


async def _torture(place: Place, seconds: float, *, kills: bool) -> int:
    await _made(place)
    dice, loop = random.Random(7), asyncio.get_running_loop()
    ends_at = loop.time() + seconds
    writers = [asyncio.create_task(_writer(place, seed, ends_at)) for seed in range(_WRITERS)]
    killed = 0
    while loop.time() < ends_at - 2:
        await asyncio.sleep(dice.uniform(0.3, 2))
        if kills:
            place.server.kill()
            await asyncio.to_thread(place.server.start)
            killed += 1
    await asyncio.gather(*writers)
    if kills:  # a statement whose writer was cut off goes on in the server: it ends with this one
        place.server.kill()
        await asyncio.to_thread(place.server.start)
    return killed


async def _made(place: Place) -> None:
    sink = place.sink()
    await sink.positions([P0, P1])
    await sink.close()


def _stored(place: Place) -> list[tuple[int, ...]]:
    """Give for each partition: rows, different offsets, and what the last offset says of them."""
    found = place.rows(
        "SELECT count(), uniqExact(kafka_offset), max(kafka_offset) + 1"
        " FROM DB.content_sessions_records GROUP BY kafka_partition ORDER BY kafka_partition"
        " SETTINGS optimize_use_projections = 0"
    )
    return [tuple(map(int, row)) for row in found]


async def test_every_offset_is_there_once_after_many_kills(own_clickhouse: Clickhouse) -> None:
    place = Place(own_clickhouse, "tortured")

    killed = await _torture(place, _SECONDS, kills=True)

    stored = _stored(place)
    print(f"{killed} kills, {stored}")  # noqa: T201 - shown where it fails
    assert killed > 3
    assert len(stored) == 2
    assert all(rows == different == reached > 0 for rows, different, reached in stored)
    windows = "SELECT * FROM DB.traffic_by_cdn_and_asn ORDER BY ALL SETTINGS"
    assert place.query(f"{windows} force_optimize_projection = 1") == place.query(
        f"{windows} optimize_use_projections = 0"
    )


async def test_the_test_before_would_see_a_writer_without_guard(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_guard(monkeypatch)

    await _torture(place, 6, kills=False)

    assert any(rows != different for rows, different, _ in _stored(place))
