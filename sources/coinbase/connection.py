"""One websocket of the exchange, as a source: its products' trades in order, each once."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Iterable, Sequence
from typing import Any

import aiohttp
import msgspec

from sources.base import Chunk, Record, Resume, SourceUnavailable
from sources.coinbase.messages import (
    KNOWN,
    Heartbeat,
    Match,
    Message,
    Refusal,
    Ticker,
    Trade,
    decode_kind,
    decode_message,
)
from sources.coinbase.options import CoinbaseOptions
from sources.coinbase.product import Product
from sources.coinbase.rest import TradeHistory
from sources.coinbase.socket import Heap, connect
from telemetry.source_stats import SourceStats

_UNREADABLE = (ValueError, RecursionError)
"""What msgspec raises: its own errors are ValueErrors, one of nesting is not."""

_UNHEARD_SECONDS = 30.0
"""Of one product, while others on the connection are heard."""


class CoinbaseConnection:
    """Matches are the trades; a ticker only brings statistics; heartbeats tell what is missing."""

    def __init__(
        self,
        label: str,
        products: Sequence[str],
        options: CoinbaseOptions,
        history: TradeHistory,
        stats: SourceStats,
    ) -> None:
        self.label = label
        self._products = products
        self._options = options
        self._history = history
        self._stats = stats

    async def read(self, resume: Resume) -> AsyncGenerator[Chunk, None]:
        products = {name: Product(name, resume.get(name), self._stats) for name in self._products}
        connector = aiohttp.TCPConnector(ssl=_trusted(self._options.ca_file))
        async with aiohttp.ClientSession(connector=connector) as session:
            socket = await connect(session, self._options.url, self._products)
            feed = _Feed(
                session,
                socket,
                products,
                history=self._history,
                options=self._options,
                stats=self._stats,
            )
            try:
                while True:
                    yield await feed.chunk()
            finally:
                await feed.close()
                await socket.close()

    async def close(self) -> None:
        """Nothing is held between two reads."""


class _Feed:
    """What is going on while one connection lasts."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        socket: aiohttp.ClientWebSocketResponse,
        products: dict[str, Product],
        *,
        history: TradeHistory,
        options: CoinbaseOptions,
        stats: SourceStats,
    ) -> None:
        self._session = session
        self._products = products
        self._history = history
        self._options = options
        self._stats = stats
        self._clock = asyncio.get_running_loop().time
        self._wake = asyncio.Event()
        self._heap = Heap(socket, self._wake)
        self._fetching: dict[str, tuple[int, asyncio.Task[tuple[list[Trade], int]]]] = {}
        self._reached = {name: product.reached for name, product in products.items()}
        self._begun = self._clock()

    async def chunk(self) -> Chunk:
        """Wait until something is heard; give what has become complete by it."""
        while True:
            await self._wait()
            heard = self._hear(self._heap.take())
            self._take_fetched()
            records, resume = self._complete()
            self._fetch_missing()
            if heard or resume:
                return Chunk(records, resume)

    async def close(self) -> None:
        tasks = [task for _, task in self._fetching.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._heap.close()

    async def _wait(self) -> None:
        grace = self._options.reorder_seconds
        due = [at for one in self._open if (at := one.due(grace)) is not None]
        waiting = asyncio.ensure_future(self._wake.wait())
        try:
            seconds = max(0.0, min(due) - self._clock()) if due else None
            await asyncio.wait([waiting], timeout=seconds)
        finally:
            waiting.cancel()
        self._wake.clear()

    @property
    def _open(self) -> Iterable[Product]:
        return (one for one in self._products.values() if one.name not in self._fetching)

    def _hear(self, raw: Sequence[str | bytes]) -> bool:
        """Take messages in; say whether any was one."""
        heard = False
        for text in raw:
            try:
                message = decode_message(text)
            except _UNREADABLE as error:
                heard = self._is_of_another_type(text, error) or heard
                continue
            heard = self._take(message) or heard
        return heard

    def _take(self, message: Message) -> bool:
        if isinstance(message, Refusal):
            raise SourceUnavailable(
                f"the exchange refuses the subscription: {message.message[:200]} "
                f"{message.reason[:200]} (`products:` in headrace.yaml)"
            )
        product = self._products.get(message.product_id)
        if product is None:
            self._stats.refused["another product"] += 1
            return False
        if isinstance(message, Match):
            product.trade(message)
        elif isinstance(message, Ticker):
            product.ticker(message)
        else:
            product.heartbeat(message, self._clock())
            self._check(message)
        return True

    def _is_of_another_type(self, text: str | bytes, error: Exception) -> bool:
        try:
            known = decode_kind(text).type in KNOWN
        except _UNREADABLE:
            known = True
        if known:
            what = "not as documented" if isinstance(error, msgspec.ValidationError) else "no JSON"
            self._stats.refused[what] += 1
        return not known

    def _check(self, heartbeat: Heartbeat) -> None:
        """See that every product is heard of, and has what its trades wait for."""
        now = self._clock()
        for one in self._products.values():
            if now - max(one.heard_at, self._begun) > _UNHEARD_SECONDS:
                raise SourceUnavailable(f"no heartbeat of {one.name} for {_UNHEARD_SECONDS:g} s")
        mine = self._products[heartbeat.product_id]
        if mine.lacks_statistics and now - self._begun > _UNHEARD_SECONDS:
            raise SourceUnavailable(f"no ticker of {mine.name} for {_UNHEARD_SECONDS:g} s")

    def _take_fetched(self) -> None:
        for name, (first, task) in list(self._fetching.items()):
            if task.done():
                del self._fetching[name]
                trades, last = task.result()
                self._products[name].fill(trades, first, last)

    def _complete(self) -> tuple[list[Record], dict[str, Any]]:
        """Give the trades that follow on, and how far each product has come with them."""
        records: list[Record] = []
        resume: dict[str, Any] = {}
        for name, product in self._products.items():
            records += product.take()
            if product.reached != self._reached[name]:
                resume[name] = self._reached[name] = product.reached
        return records, resume

    def _fetch_missing(self) -> None:
        now, grace = self._clock(), self._options.reorder_seconds
        for product in list(self._open):
            hole = product.missing(now, grace)
            if hole is not None:
                page = self._history.page(self._session, product.name, *hole)
                task = asyncio.create_task(page)
                task.add_done_callback(lambda _: self._wake.set())
                self._fetching[product.name] = hole[0], task


def _trusted(ca_file: str) -> ssl.SSLContext | bool:
    return ssl.create_default_context(cafile=ca_file) if ca_file else True
