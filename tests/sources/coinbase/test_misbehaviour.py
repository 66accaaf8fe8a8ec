"""Whatever the exchange or the way to it does, the topic holds each trade once, in order.

`Stage.running` checks that at its end, and that every trade is there.
"""

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from headrace.testing.sources import Run
from tests.sources.coinbase.conftest import Stage
from tests.sources.coinbase.exchange import Exchange, secure

Misbehave = Callable[[Exchange, Run], Awaitable[None]]


async def _drops(exchange: Exchange, run: Run) -> None:
    for _ in range(3):
        connections = exchange.connections
        await run.until(lambda: bool(exchange.sockets))
        await exchange.drop()
        exchange.make("BTC-USD")  # while nobody listens
        await run.until(lambda before=connections: exchange.connections > before)  # type: ignore[misc]


async def _stalls(exchange: Exchange, run: Run) -> None:
    exchange.silent = True
    exchange.make("BTC-USD")
    await run.until(lambda: run.stats.silences > 0)
    exchange.silent = False


async def _loses(exchange: Exchange, run: Run) -> None:
    exchange.lose = lambda message: message["type"] == "match" and message["trade_id"] % 5 == 0
    await exchange.trade(times=23)
    await exchange.trade("ETH-USD", times=20)
    exchange.lose = lambda _: False
    await run.until(lambda: run.stats.filled >= 8)


async def _loses_the_last(exchange: Exchange, run: Run) -> None:
    exchange.lose = lambda message: message["type"] == "match"
    await exchange.trade(times=3)
    exchange.lose = lambda _: False
    await run.until(lambda: run.stats.filled == 3)
    assert run.stats.gaps == 3


async def _repeats(exchange: Exchange, run: Run) -> None:
    for _ in range(10):
        trade = exchange.make("BTC-USD")
        for _ in range(3):
            await exchange.send(trade)
    await exchange.send(exchange.trades["BTC-USD"][0])
    await run.until(lambda: run.stats.duplicates >= 21)


async def _reorders(exchange: Exchange, run: Run) -> None:
    del run
    for _ in range(5):
        some = [exchange.make("BTC-USD") for _ in range(20)]
        random.Random(1).shuffle(some)
        for trade in some:
            await exchange.send(trade)


async def _talks_garbage(exchange: Exchange, run: Run) -> None:
    wrong = dict(exchange.make("BTC-USD"), price="1e5")
    for message in (
        "",
        "{",
        "\x00" * 1_000,
        b"\xff\xfe" * 50,
        "[" * 10_000,
        '{"type": "ticker", "a": ' + "[" * 100_000,
        json.dumps(wrong),
        json.dumps({"type": "match"}),
        json.dumps({"type": "match", "trade_id": 10**30}),
        json.dumps(dict(wrong, price="1", product_id="DOGE-USD")),
        json.dumps({"type": "something new", "trade_id": "x"}),
    ):
        await exchange.send(message)
    await run.until(lambda: run.stats.refused["another product"] == 1)
    assert run.stats.refused["not as documented"] == 4
    assert run.stats.refused["no JSON"] == 5


async def _sends_huge_frames(exchange: Exchange, run: Run) -> None:
    connections = exchange.connections
    await exchange.send("x" * 5_000_000)
    await run.until(lambda: exchange.connections > connections)


async def _pings(exchange: Exchange, run: Run) -> None:
    del run
    for socket in list(exchange.sockets):
        for _ in range(100):
            await socket.ping()


async def _is_slow_to_read(exchange: Exchange, run: Run) -> None:
    """Let the source's process stand still while far more comes than it buffers."""
    del run
    await exchange.trade(times=2_000)
    time.sleep(1.0)  # noqa: ASYNC251 - the point of it: this very event loop stands still
    await exchange.trade(times=2_000)


async def _refuses_connections(exchange: Exchange, run: Run) -> None:
    exchange.refuse_with += [429, 500, 503]
    await exchange.drop()
    exchange.make("ETH-USD")
    await run.until(lambda: not exchange.refuse_with and bool(exchange.sockets))


async def _fails_to_list(exchange: Exchange, run: Run) -> None:
    exchange.rest_refuses_with += [429, 500, 200]  # the last with something that is no JSON
    await _loses_the_last(exchange, run)


async def _refuses_the_subscription(exchange: Exchange, run: Run) -> None:
    exchange.feed_error = "too many requests"
    await exchange.drop()
    await run.until(lambda: "too many requests" in str(run.stats.waiting))
    exchange.feed_error = ""


async def _closes_politely(exchange: Exchange, run: Run) -> None:
    connections = exchange.connections
    for socket in list(exchange.sockets):
        await socket.close(code=1001)
    await run.until(lambda: exchange.connections > connections)


@pytest.mark.parametrize(
    "misbehave",
    [
        pytest.param(_drops, id="drops"),
        pytest.param(_stalls, id="stalls"),
        pytest.param(_loses, id="loses"),
        pytest.param(_loses_the_last, id="loses the last"),
        pytest.param(_repeats, id="repeats"),
        pytest.param(_reorders, id="reorders"),
        pytest.param(_talks_garbage, id="talks garbage"),
        pytest.param(_sends_huge_frames, id="sends huge frames"),
        pytest.param(_pings, id="pings"),
        pytest.param(_is_slow_to_read, id="slow consumer"),
        pytest.param(_refuses_connections, id="429 and 5xx on connect"),
        pytest.param(_fails_to_list, id="429 and 5xx of REST"),
        pytest.param(_refuses_the_subscription, id="refuses the subscription"),
        pytest.param(_closes_politely, id="closes politely"),
    ],
)
async def test_each_trade_is_once_in_the_topic_though_the_exchange(
    stage: Stage, misbehave: Misbehave
) -> None:
    async with stage.running(silence_seconds=2.0) as run:
        await stage.exchange.trade(times=5)
        await misbehave(stage.exchange, run)
        await stage.exchange.trade(times=5)
        await stage.exchange.trade("ETH-USD", times=5)


async def test_an_end_that_comes_together_with_a_trade_is_seen(stage: Stage) -> None:
    async with stage.running() as run:
        connections = stage.exchange.connections
        [socket] = stage.exchange.sockets
        await stage.exchange.send(stage.exchange.make("BTC-USD"))
        await socket.close()

        await run.until(lambda: stage.exchange.connections > connections)


@pytest.mark.parametrize("days", [-400, 400])
async def test_each_trade_is_once_in_the_topic_though_the_clock_jumps(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    right = time.time
    async with stage.running() as run:
        await stage.exchange.trade(times=5)
        monkeypatch.setattr(time, "time", lambda: right() + days * 86_400)
        await _loses_the_last(stage.exchange, run)
        await _drops(stage.exchange, run)
        await stage.exchange.trade(times=5)


async def test_what_happened_while_the_source_was_down_is_fetched(stage: Stage) -> None:
    async with stage.running():
        await stage.exchange.trade(times=5)
    for _ in range(2_500):  # three pages
        stage.exchange.make("BTC-USD")

    async with stage.running() as run:
        await stage.exchange.trade(times=5)

    assert run.stats.filled >= 2_499  # the last is told at the subscription
    assert {product for product, _ in stage.exchange.asked} == {"BTC-USD"}


async def test_products_are_dealt_out_to_connections_and_may_be_dealt_anew(stage: Stage) -> None:
    stage.exchange.products = ("BTC-USD", "ETH-USD", "SOL-USD")
    async with stage.running():
        for product in stage.exchange.products:
            await stage.exchange.trade(product, times=5)
    stage.options["connections"] = 2

    async with stage.running():
        assert len(stage.exchange.sockets) == 2
        for product in stage.exchange.products:
            await stage.exchange.trade(product, times=5)


async def test_a_product_that_the_exchange_does_not_know_is_told(stage: Stage) -> None:
    stage.options["products"] = ("BTC-USD", "NO-SUCH")
    run = stage.run()
    await run.until(lambda: "NO-SUCH is not a valid product" in str(run.stats.waiting))
    assert "headrace.yaml" in str(run.stats.waiting)
    await run.stop()


async def test_a_certificate_that_nobody_vouches_for_is_refused(
    broker: str, topic_prefix: str, tmp_path: Path
) -> None:
    exchange = Exchange(tls=secure(tmp_path))
    await exchange.start()
    stage = Stage(exchange, broker, f"{topic_prefix}market_ticks")
    run = stage.run()
    await run.until(lambda: "certificate is not trusted" in str(run.stats.waiting))
    await run.stop()
    assert exchange.connections == 0

    stage.options["ca_file"] = str(tmp_path / "certificate.pem")
    async with stage.running():
        await exchange.trade(times=5)
    await exchange.stop()


async def test_numbers_that_begin_anew_stop_the_source_with_what_to_do(stage: Stage) -> None:
    async with stage.running():
        await stage.exchange.trade(times=50)
    stage.exchange.trades["BTC-USD"].clear()
    stage.exchange.heartbeat_seconds = 0.005

    run = stage.run()
    with pytest.raises(Exception, match="another name"):
        await asyncio.wait_for(run.task, 60)
    await run.kill()
