"""A source of headrace.yaml is a role of its own: real processes, killed on the way to the rows."""

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine, Iterator
from threading import Thread
from typing import Any

import pytest

from devstack.place.free_ports import free_port
from devstack.processes.child import Child
from telemetry.fault_points import SOURCE_POINTS
from tests.integration.headrace import Headrace
from tests.integration.monitoring import scrape
from tests.integration.worker import Worker
from tests.sources.coinbase.exchange import Exchange

_YAML = """\
sources:
  exchange:
    kind: coinbase
    products: [BTC-USD, ETH-USD]
    url: {url}
    rest_url: {rest_url}
    rest_requests_per_second: 1000
    reorder_seconds: 0.2
    commit_seconds: 0.05
"""
_PATIENCE_SECONDS = 60


class Market:
    """An exchange in a thread of its own, so that it goes on while a test waits."""

    def __init__(self) -> None:
        self.exchange = Exchange()
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.do(self.exchange.start())

    def do(self, what: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result(_PATIENCE_SECONDS)

    def happen(self, what: Callable[[], object]) -> None:
        async def happen() -> None:
            what()

        self.do(happen())

    @property
    def trades(self) -> list[tuple[str, int]]:
        return sorted(
            (product, trade["trade_id"])
            for product, trades in self.exchange.trades.items()
            for trade in trades
        )

    def close(self) -> None:
        self.do(self.exchange.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_PATIENCE_SECONDS)
        self._loop.close()


@pytest.fixture
def market() -> Iterator[Market]:
    market = Market()
    yield market
    market.close()


def source_of(headrace: Headrace, market: Market) -> Worker:
    """Write headrace.yaml, and make the source's process, not started yet."""
    file = headrace.folder / "headrace.yaml"
    exchange = market.exchange
    file.write_text(_YAML.format(url=exchange.url, rest_url=exchange.rest_url), encoding="utf-8")
    headrace.more["HEADRACE_CONFIG"] = str(file)
    headrace.more["HEADRACE_STREAMS"] = "market_ticks"
    port, metrics_port = free_port(), free_port()
    ports = {"HEADRACE_WEB_PORT": str(port), "HEADRACE_METRICS_PORT": str(metrics_port)}
    child = Child(
        "source-exchange",
        [sys.executable, "-m", "app", "worker", "--role", "source-exchange"],
        headrace.folder / "source-exchange.log",
        environment={**headrace.settings, **ports},
        watchdog=headrace.watchdog,
    )
    worker = Worker(child, port, metrics_port)
    headrace.workers.append(worker)
    return worker


def stored(headrace: Headrace) -> list[tuple[str, int]]:
    sql = "SELECT product_id, trade_id FROM market_ticks ORDER BY 1, 2"
    return [(str(product), int(number)) for product, number in headrace.query(sql)]


@pytest.mark.timeout(300)
def test_market_ticks_holds_each_trade_once_whenever_the_source_is_killed(
    headrace: Headrace, market: Market
) -> None:
    source = source_of(headrace, market)
    core = headrace.worker()
    core.start()
    for product in market.exchange.products:
        market.happen(lambda product=product: market.exchange.make(product))  # type: ignore[misc]
    source.start()
    core.wait_until(lambda: stored(headrace) == market.trades, "at the first trades")
    unharmed = source.child.environment
    for point in SOURCE_POINTS:
        source.stop()
        source.child.environment = {**unharmed, "HEADRACE_FAULT": f"{point}:kill:2"}
        source.child.start()
        while source.child.running:
            market.do(market.exchange.trade("BTC-USD", times=3))
            market.do(market.exchange.trade("ETH-USD", times=2))
        for _ in range(10):
            market.happen(lambda: market.exchange.make("BTC-USD"))
    source.child.environment = unharmed
    source.start()
    market.do(market.exchange.trade("BTC-USD", times=20))
    source.kill()
    source.start()
    market.do(market.exchange.trade("ETH-USD", times=20))

    # a loaded machine makes more trades while each source runs, all of them fetched anew
    core.wait_until(lambda: len(stored(headrace)) >= len(market.trades), "at all trades", 150)

    assert stored(headrace) == market.trades
    [(trades,)] = headrace.query("SELECT sum(trades) FROM candles_by_product")
    assert trades == len(market.trades)
    assert headrace.query("SELECT count(*) FROM event_dead_letters") == [(0,)]


def test_a_source_tells_about_itself_and_ends_in_order(headrace: Headrace, market: Market) -> None:
    source = source_of(headrace, market)
    source.start()
    # a new source begins with what it hears first, and what it has not subscribed to is silent
    source.wait_until(lambda: market.exchange.sockets, "subscribed")
    market.do(market.exchange.trade(times=5))
    source.wait_until(lambda: source.status()["source"]["records"] >= 5, "at five trades")
    records = scrape(source, "headrace_source_records_total")
    assert records["exchange", "market_ticks"] >= 5

    second = source_of(headrace, market)
    second.start()
    market.do(market.exchange.trade(times=5))

    assert "another process runs this source now" in source.wait_until_it_ends()
    assert source.child.returncode == 2
    assert second.stop() == 0


def test_a_source_is_known_by_the_commands(headrace: Headrace, market: Market) -> None:
    source_of(headrace, market)

    checked = headrace.run("app", "config", "check")
    shown = headrace.run("app", "config", "show")
    schema = headrace.run("app", "config", "schema")
    wrong = headrace.run("app", "worker", "--role", "source-nothing")

    assert "Sources: exchange" in checked.stdout
    assert json.loads(shown.stdout)["sources"]["exchange"]["products"] == ["BTC-USD", "ETH-USD"]
    sources = json.loads(schema.stdout)["properties"]["sources"]["additionalProperties"]["oneOf"]
    assert "coinbase" in [one["properties"]["kind"]["const"] for one in sources]
    assert wrong.returncode == 2
    assert "source-exchange" in wrong.stderr
