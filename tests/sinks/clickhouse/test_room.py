"""A server without room or memory: told in plain words, waited for, and nothing is lost."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.engines.clickhouse import Clickhouse
from devstack.processes.watchdog import Watchdog
from sinks.base import SinkUnavailable
from tests.sinks.clickhouse.beside import P0, Place, batch
from tests.small_disk import fill, small_disk

_ROWS = 20_000


@pytest.fixture
def on_small_disk(tmp_path: Path, watchdog: Watchdog) -> Iterator[Place]:
    with small_disk(tmp_path / "data", "200m"):
        server = Clickhouse(tmp_path, watchdog)
        server.start()
        yield Place(server, "full")
        server.kill()


async def test_a_full_disk_is_waited_for_and_each_record_is_there_once(
    on_small_disk: Place,
) -> None:
    sink = on_small_disk.sink()
    expected = await sink.positions([P0])
    records = batch(sink, (P0, 0, _ROWS - 1))
    filling = fill(Path(on_small_disk.server.folder) / "data")

    with pytest.raises(SinkUnavailable, match="its disk is full: make room"):
        await sink.write(records, expected)
    filling.unlink()
    await sink.write(records, expected)

    assert on_small_disk.offsets() == list(range(_ROWS))
    await sink.close()


async def test_a_limit_of_memory_is_told_as_one(place: Place) -> None:
    sink = place.sink()
    server = sink._server  # noqa: SLF001 - asks as the sink does

    with pytest.raises(SinkUnavailable, match="it is out of memory: look at its load"):
        await server.query("SELECT groupArray(number) FROM numbers(9999999)", max_memory_usage=1)

    await sink.close()
