"""An exchange that speaks Coinbase's public protocol, and misbehaves as it is told."""

import asyncio
import json
import ssl
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from aiohttp import WSMessage, web

_BEGIN = datetime(2026, 11, 22, 10, tzinfo=UTC)


@dataclass(eq=False)
class Exchange:
    """Products with their trades, a websocket feed and the REST list of them.

    Trade n of a product has the price n and a time n milliseconds after the beginning, so that what
    is stored tells which trade it was.
    """

    products: tuple[str, ...] = ("BTC-USD", "ETH-USD")
    heartbeat_seconds: float = 0.1
    tls: ssl.SSLContext | None = None
    refuse_with: list[int] = field(default_factory=list)
    """Statuses to answer the next connections with."""
    rest_refuses_with: list[int] = field(default_factory=list)
    lose: Callable[[dict[str, Any]], bool] = lambda _: False
    """Which messages are not sent."""
    silent: bool = False
    """Nothing is sent, though connections stand."""
    feed_error: str = ""
    trades: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    sockets: set[web.WebSocketResponse] = field(default_factory=set)
    connections: int = 0
    asked: list[tuple[str, int]] = field(default_factory=list)
    _sequences: dict[str, Iterator[int]] = field(
        default_factory=lambda: defaultdict(lambda: count(1_000, 7))
    )
    _last_sequence: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _runner: web.AppRunner | None = None
    port: int = 0
    _beating: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"{'wss' if self.tls else 'ws'}://127.0.0.1:{self.port}/feed"

    @property
    def rest_url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    async def start(self) -> None:
        app = web.Application()
        app.add_routes([web.get("/feed", self._feed), web.get("/products/{id}/trades", self._list)])
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, ssl_context=self.tls)
        await site.start()
        self.port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]  # noqa: SLF001
        self._beating = asyncio.create_task(self._beat())

    async def stop(self) -> None:
        if self._beating is not None:
            self._beating.cancel()
            await asyncio.gather(self._beating, return_exceptions=True)
        await self.drop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def drop(self) -> None:
        """Cut all connections, without a word."""
        for socket in list(self.sockets):
            request = socket._req  # noqa: SLF001
            if request is not None and isinstance(request.transport, asyncio.Transport):
                request.transport.abort()
        self.sockets.clear()

    def make(self, product: str) -> dict[str, Any]:
        """Let a trade happen; nobody is told."""
        number = len(self.trades[product]) + 1
        sequence = self._last_sequence[product] = next(self._sequences[product])
        trade = {
            "type": "match",
            "trade_id": number,
            "maker_order_id": "ac928c66-ca53-498f-9c13-a110027a60e8",
            "taker_order_id": "132fb6ae-456b-4654-b4e0-d681ac05cea1",
            "sequence": sequence,
            "time": _text(_BEGIN + timedelta(milliseconds=number)),
            "product_id": product,
            "size": "0.5",
            "price": str(number),
            "side": "sell" if number % 2 else "buy",
        }
        self.trades[product].append(trade)
        return trade

    async def trade(self, product: str = "BTC-USD", times: int = 1) -> None:
        """Let trades happen, and tell of them."""
        for _ in range(times):
            trade = self.make(product)
            await self.send(trade)
            await self.send(self.ticker(product))

    def ticker(self, product: str) -> dict[str, Any]:
        trade = self.trades[product][-1] if self.trades[product] else {"trade_id": 0, "sequence": 1}
        return {
            "type": "ticker",
            "sequence": trade["sequence"],
            "product_id": product,
            "price": trade.get("price", "0"),
            "open_24h": "1310.79",
            "volume_24h": "245532.79269678",
            "low_24h": "1280.52",
            "high_24h": "1313.8",
            "volume_30d": "9788783.60117027",
            "best_bid": "1285.04",
            "best_bid_size": "0.46688654",
            "best_ask": "1285.27",
            "best_ask_size": "1.56637040",
            "side": "buy",
            "time": trade.get("time", _text(_BEGIN)),
            "trade_id": trade["trade_id"],
            "last_size": "0.5",
        }

    def heartbeat(self, product: str) -> dict[str, Any]:
        return {
            "type": "heartbeat",
            "sequence": self._last_sequence[product],
            "last_trade_id": len(self.trades[product]),
            "product_id": product,
            "time": _text(_BEGIN),
        }

    async def send(self, message: dict[str, Any] | str | bytes) -> None:
        """Send to all who are subscribed, unless it is to be lost."""
        if self.silent or (isinstance(message, dict) and self.lose(message)):
            return
        for socket in list(self.sockets):
            try:
                if isinstance(message, bytes):
                    await socket.send_bytes(message)
                else:
                    text = message if isinstance(message, str) else json.dumps(message)
                    await socket.send_str(text)
            except (ConnectionError, RuntimeError):
                self.sockets.discard(socket)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self.heartbeat_seconds)
            for product in self.products:
                await self.send(self.heartbeat(product))

    async def _feed(self, request: web.Request) -> web.StreamResponse:
        self.connections += 1
        if self.refuse_with:
            return web.Response(status=self.refuse_with.pop(0))
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        asked = json.loads((await socket.receive()).data)
        unknown = [one for one in asked["product_ids"] if one not in self.products]
        if unknown or self.feed_error:
            reason = self.feed_error or f"{unknown[0]} is not a valid product"
            error = {"type": "error", "message": "Failed to subscribe", "reason": reason}
            await socket.send_json(error)
            return socket
        channels = [{"name": one, "product_ids": asked["product_ids"]} for one in asked["channels"]]
        await self._welcome(socket, asked["product_ids"], channels)
        self.sockets.add(socket)
        async for message in socket:
            assert isinstance(message, WSMessage)
        self.sockets.discard(socket)
        return socket

    async def _welcome(
        self, socket: web.WebSocketResponse, products: list[str], channels: list[dict[str, Any]]
    ) -> None:
        """Send what every subscription begins with: the last trade and the statistics."""
        if self.silent:
            return
        await socket.send_json({"type": "subscriptions", "channels": channels})
        for product in products:
            last = self.trades[product][-1:]
            for message in [*({**one, "type": "last_match"} for one in last), self.ticker(product)]:
                if not self.lose(message):
                    await socket.send_json(message)

    async def _list(self, request: web.Request) -> web.Response:
        product, after = request.match_info["id"], int(request.query["after"])
        self.asked.append((product, after))
        if self.rest_refuses_with:
            return web.Response(status=self.rest_refuses_with.pop(0), text="{")
        limit = min(1_000, int(request.query["limit"]))
        before = [one for one in self.trades[product] if one["trade_id"] < after]
        listed = [
            {key: one[key] for key in ("time", "trade_id", "price", "size", "side")}
            for one in reversed(before[-limit:])
        ]
        return web.json_response(listed)


def _text(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")


def secure(folder: Path) -> ssl.SSLContext:
    """Make a certificate of 127.0.0.1 that only `folder`/certificate.pem vouches for."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    command = (
        f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext "
        f"subjectAltName=IP:127.0.0.1 -keyout {key} -out {certificate}"
    )
    subprocess.run(command.split(), check=True, capture_output=True, timeout=60)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return context
