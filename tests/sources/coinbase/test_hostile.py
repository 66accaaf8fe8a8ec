"""An exchange that says what cannot be: numbers far ahead, times of no year, prices that are none.

Found by review; each of these lost trades or stood still for ever.
"""

import asyncio

import aiohttp
import pytest

from sources.coinbase.rest import TradeHistory
from telemetry.source_stats import SourceStats
from tests.sources.coinbase.conftest import Stage
from tests.sources.coinbase.exchange import Exchange


async def test_a_heartbeat_of_a_trade_far_ahead_loses_none(stage: Stage) -> None:
    exchange = stage.exchange
    async with stage.running() as run:
        wrong = {**exchange.heartbeat("BTC-USD"), "last_trade_id": 2**62}
        await exchange.send(wrong)
        await run.until(lambda: len(exchange.asked) >= 5)  # all tries, and what is the newest
        await exchange.trade(times=3)


async def test_a_trade_that_is_listed_late_is_waited_for(exchange: Exchange) -> None:
    for _ in range(3):
        exchange.make("BTC-USD")
    history = TradeHistory(exchange.rest_url, 1_000, SourceStats())

    async with aiohttp.ClientSession() as session:
        trades, reach = await history.page(session, "BTC-USD", 3, 5)
        nothing, before = await history.page(session, "BTC-USD", 4, 5)

    assert ([one.trade_id for one in trades], reach) == ([3], 3)
    assert (nothing, before) == ([], 3)


async def test_a_listed_trade_that_is_none_does_not_hold_up_the_others(exchange: Exchange) -> None:
    for _ in range(3):
        exchange.make("BTC-USD")
    exchange.trades["BTC-USD"][1]["price"] = "NaN"
    stats = SourceStats()
    history = TradeHistory(exchange.rest_url, 1_000, stats)

    async with aiohttp.ClientSession() as session, asyncio.timeout(30):
        trades, reach = await history.page(session, "BTC-USD", 1, 3)

    assert ([one.trade_id for one in trades], reach) == ([1, 3], 3)
    assert stats.refused["not as documented"] > 0


async def test_a_list_that_cannot_be_had_is_told(exchange: Exchange) -> None:
    exchange.rest_refuses_with = [503] * 100
    exchange.make("BTC-USD")
    stats = SourceStats()
    history = TradeHistory(exchange.rest_url, 1_000, stats)

    async with aiohttp.ClientSession() as session, asyncio.timeout(30):
        fetching = asyncio.create_task(history.page(session, "BTC-USD", 1, 1))
        while not stats.waiting:  # noqa: ASYNC110 - nobody tells of it
            await asyncio.sleep(0.01)
        assert stats.waiting == {"missed trades of BTC-USD": "answers 503"}
        exchange.rest_refuses_with.clear()
        await fetching

    assert not stats.waiting


@pytest.mark.parametrize("time", ["9999-12-31T23:59:59.9Z", "0001-01-01T00:00:00Z"])
async def test_a_trade_of_no_time_that_kafka_takes_stops_nothing(stage: Stage, time: str) -> None:
    async with stage.running():
        trade = stage.exchange.make("BTC-USD")
        trade["time"] = time
        await stage.exchange.send(trade)
        await stage.exchange.trade(times=2)
