"""End to end: the generator stops, both alert; it starts, both are silent again."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import asyncpg
import pytest

from generator.streams import SIMULATED
from grafana.alerts.declared import NO_DATA, SEQUENCE_GAPS
from tests.grafana.alerts.evaluation import due, grafana_rules
from tests.grafana.alerts.watched import QUIET, Watched

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(240)]

PROMISED_SECONDS = 90
CLEARED_SECONDS = 45
ALARMING = set(SIMULATED) - {QUIET}
CANDLES = "sum_over_time(sum by (product) (headrace_candle_trades)[2m:10s])"


async def silent_in_grafana(connection: asyncpg.Connection) -> set[str]:
    found = await due(grafana_rules()[NO_DATA.uid], connection)
    return {dict(labels)["stream"] for labels, is_due in found.items() if is_due}


def silent_in_prometheus(watched: Watched) -> set[str]:
    return {stream for name, stream in watched.alerts() if name == NO_DATA.name}


async def seconds_until(
    connection: asyncpg.Connection, watched: Watched, wanted: set[str], patience: float
) -> dict[str, float]:
    """Give how long it takes until each says that these streams are silent."""
    begin = time.monotonic()
    seconds: dict[str, float] = {}
    while len(seconds) < 2:
        assert time.monotonic() < begin + patience, f"only {seconds}"
        if await silent_in_grafana(connection) == wanted:
            seconds.setdefault("Grafana", time.monotonic() - begin)
        if silent_in_prometheus(watched) == wanted:
            seconds.setdefault("Prometheus", time.monotonic() - begin)
        await asyncio.sleep(0.5)
    return seconds


async def wait_for(condition: Callable[[], bool], patience: float) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.5)


@pytest.fixture
async def connection(watched: Watched) -> AsyncIterator[asyncpg.Connection]:
    connection = await watched.connect()
    yield connection
    await connection.close()


async def test_silence_is_told_within_90_seconds_and_its_end_too(
    watched: Watched,
    connection: asyncpg.Connection,
    record_property: Callable[[str, object], None],
) -> None:
    assert await silent_in_grafana(connection) == set()
    assert watched.alerts() == {}, "something fires on a healthy system"

    watched.generator.stop()
    told = await seconds_until(connection, watched, ALARMING, PROMISED_SECONDS)
    # nothing but the silence, and not where it is normal
    assert {name for name, _ in watched.alerts()} == {NO_DATA.name}
    await wait_for(lambda: "firing" in watched.alerts().values(), NO_DATA.wait_seconds + 15)

    watched.generator.start()
    cleared = await seconds_until(connection, watched, set(), CLEARED_SECONDS)

    record_property("seconds_until_told", told)
    record_property("seconds_until_cleared", cleared)
    print(f"told after {told}, cleared after {cleared} seconds")  # noqa: T201 - for `pytest -s`


async def test_candles_are_told_when_their_minute_is_over(watched: Watched) -> None:
    await wait_for(lambda: bool(watched.result(CANDLES)), 150)

    # the generator leaves some out on purpose, fewer than is told
    assert watched.result(f"({SEQUENCE_GAPS.promql}) > {SEQUENCE_GAPS.above}") == []
    assert watched.alerts() == {}
