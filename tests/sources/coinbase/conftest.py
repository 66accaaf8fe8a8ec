"""An exchange on this machine, and sources that read it into the session's Kafka."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from devstack.engines import Kafka
from headrace.testing.sources import Run, SourceSubject, committed
from models.market_ticks import MARKET_TICKS
from sources.base import Source
from sources.coinbase.kind import KIND
from sources.coinbase.options import CoinbaseOptions
from sources.kinds import Opening
from telemetry.source_stats import SourceStats
from tests.sources.coinbase.exchange import Exchange

Trade = tuple[str, int]
"""A product, and the number of one of its trades."""


@pytest.fixture
def broker(kafka: Kafka) -> str:
    return kafka.address


@pytest.fixture
async def exchange() -> AsyncIterator[Exchange]:
    exchange = Exchange()
    await exchange.start()
    yield exchange
    await exchange.stop()


class Stage:
    """One source that reads one exchange into one topic, as often as it is started."""

    def __init__(self, exchange: Exchange, broker: str, topic: str) -> None:
        self.exchange = exchange
        self.broker = broker
        self.topic = topic
        self.options: dict[str, Any] = {}

    def readers(self, stats: SourceStats) -> list[Source]:
        options = CoinbaseOptions.model_validate(
            {
                "products": self.exchange.products,
                "url": self.exchange.url,
                "rest_url": self.exchange.rest_url,
                "rest_requests_per_second": 1_000,
                "reorder_seconds": 0.2,
                **self.options,
            }
        )
        return list(KIND.open(options, Opening("tested", MARKET_TICKS, stats)))

    @asynccontextmanager
    async def running(self, **entry: Any) -> AsyncIterator[Run]:
        """Start the source; it has read the last trade of each product then."""
        for product in self.exchange.products:
            if not self.exchange.trades[product]:
                self.exchange.make(product)
        run = self.run(**entry)
        try:
            await run.until_held(len(self.trades()))
            connections = len(self.readers(SourceStats()))
            await run.until(lambda: len(self.exchange.sockets) == connections)
            yield run
            await run.until_held(len(self.trades()))
            await run.stop()
        finally:
            await run.kill()
        await self.check()

    def run(self, **entry: Any) -> Run:
        """Start the source, with no more ado."""
        return Run(SourceSubject(self.readers, _nothing, bytes), self.broker, self.topic, **entry)

    def trades(self) -> list[Trade]:
        return sorted(
            (product, trade["trade_id"])
            for product, trades in self.exchange.trades.items()
            for trade in trades
        )

    async def stored(self) -> list[Trade]:
        """Give the trades in the topic, sorted, repeats included."""
        values = await committed(self.broker, self.topic)
        ticks = [msgspec.json.decode(value) for value in values]
        return sorted((tick["product_id"], tick["trade_id"]) for tick in ticks)

    async def check(self) -> None:
        """See that the topic holds each trade once, in its product's order, as events."""
        assert await self.stored() == self.trades()
        values = await committed(self.broker, self.topic)
        for product in self.exchange.products:
            ticks = [msgspec.json.decode(value) for value in values]
            mine = [tick for tick in ticks if tick["product_id"] == product]
            assert [tick["trade_id"] for tick in mine] == sorted(t["trade_id"] for t in mine)
            sequences = [tick["sequence"] for tick in mine]
            assert sequences == sorted(set(sequences))
            assert all(tick["price"] == str(tick["trade_id"]) for tick in mine)
            sides = {tick["trade_id"]: tick["side"] for tick in mine}
            assert all(sides[number] == ("buy" if number % 2 else "sell") for number in sides)


async def _nothing(count: int) -> None:
    del count


@pytest.fixture
def stage(exchange: Exchange, broker: str, topic_prefix: str) -> Stage:
    return Stage(exchange, broker, f"{topic_prefix}market_ticks")
