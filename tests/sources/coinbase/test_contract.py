"""What every source promises, of the exchange's."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from headrace.testing.sources import SourceContract, SourceSubject
from sources.base import Chunk, Resume, Source
from telemetry.source_stats import SourceStats
from tests.sources.coinbase.conftest import Stage
from tests.sources.coinbase.exchange import Exchange


class TestCoinbase(SourceContract):
    @pytest.fixture
    def subject(self, exchange: Exchange) -> SourceSubject:
        stage = Stage(exchange, "", "")

        def readers(stats: SourceStats) -> Sequence[Source]:
            return [_FromTheFirst(one, exchange.products) for one in stage.readers(stats)]

        async def add(count: int) -> None:
            for number in range(count):
                await exchange.trade(exchange.products[number % 2])
                await asyncio.sleep(0)

        @asynccontextmanager
        async def away() -> AsyncIterator[None]:
            exchange.refuse_with += [503] * 10_000
            await exchange.drop()
            yield
            exchange.refuse_with.clear()

        @asynccontextmanager
        async def silent() -> AsyncIterator[None]:
            exchange.silent = True
            yield
            exchange.silent = False

        return SourceSubject(readers, add, _identify, away=away, silent=silent)


def _identify(value: bytes) -> Any:
    tick = msgspec.json.decode(value)
    return tick["product_id"], tick["trade_id"]


class _FromTheFirst:
    """Begins with the first trade of all where nothing was read yet, not with the last."""

    def __init__(self, source: Source, products: Sequence[str]) -> None:
        self._source = source
        self._first = {product: [0, 0] for product in products}
        self.label = source.label

    def read(self, resume: Resume) -> AsyncGenerator[Chunk, None]:
        return self._source.read({**self._first, **resume})

    async def close(self) -> None:
        await self._source.close()
