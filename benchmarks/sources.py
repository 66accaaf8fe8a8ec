"""`python -m benchmarks.sources`: how fast one websocket of an exchange is read, and read anew.

A process beside this one sends frames that were made before, so that what is measured is the
source: websocket, JSON, validation, the checks for holes, and the events of `market_ticks`. Once
alone, and once into a Kafka of its own with the resume point in the same transactions. Then the
exchange cuts the connection again and again: how long is it until the source has subscribed anew?
Prints JSON.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import multiprocessing
import resource
import statistics
import struct
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import click
import msgspec

from agents.source_inbox import Inbox
from agents.source_reading import Reading
from agents.source_runner import SourceRunner
from batching.transactions import SourcePlace
from benchmarks.machine import commit, machine
from config.document import SourceEntry
from devstack.engines import Kafka
from devstack.processes.watchdog import Watchdog
from models.market_ticks import MARKET_TICKS
from sources.base import Source
from sources.coinbase.kind import open_coinbase
from sources.coinbase.options import CoinbaseOptions
from sources.kinds import Opening
from telemetry.source_stats import SourceStats

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455
_PRODUCT = "BTC-USD"
_TOGETHER = 200
_BEGIN = datetime(2026, 11, 22, 10, tzinfo=UTC)


def frames(trades: int) -> Iterator[bytes]:
    """Make what is sent: for each trade a match and a ticker, and a heartbeat at every 1,000th."""
    for first in range(1, trades + 1, _TOGETHER):
        some = range(first, min(first + _TOGETHER, trades + 1))
        yield b"".join(_frame(message) for number in some for message in _messages(number))


def _messages(number: int) -> Iterator[dict[str, Any]]:
    common = {
        "sequence": 1_000 + 7 * number,
        "product_id": _PRODUCT,
        "price": "1285.22",
        "side": "buy",
        "time": (_BEGIN + timedelta(milliseconds=number)).isoformat().replace("+00:00", "Z"),
        "trade_id": number,
    }
    order = "132fb6ae-456b-4654-b4e0-d681ac05cea1"
    orders = {"maker_order_id": order, "taker_order_id": order}
    yield {"type": "match", **common, **orders, "size": "11.4396987"}
    yield {
        "type": "ticker",
        **common,
        "open_24h": "1310.79",
        "volume_24h": "245532.79269678",
        "low_24h": "1280.52",
        "high_24h": "1313.8",
        "volume_30d": "9788783.60117027",
        "best_bid": "1285.04",
        "best_bid_size": "0.46688654",
        "best_ask": "1285.27",
        "best_ask_size": "1.56637040",
        "last_size": "11.4396987",
    }
    if number % 1_000 == 0:
        yield {
            "type": "heartbeat",
            "sequence": common["sequence"],
            "last_trade_id": number,
            "product_id": _PRODUCT,
            "time": common["time"],
        }


def _frame(message: dict[str, Any]) -> bytes:
    text = json.dumps(message).encode()
    return b"\x81\x7e" + struct.pack("!H", len(text)) + text


async def _subscribed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Shake hands, and read the subscription."""
    request = await reader.readuntil(b"\r\n\r\n")
    [key] = [
        line.split(b":", 1)[1].strip()
        for line in request.split(b"\r\n")
        if line.lower().startswith(b"sec-websocket-key")
    ]
    accept = base64.b64encode(hashlib.sha1(key + _GUID).digest())  # noqa: S324 - RFC 6455
    writer.write(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )
    await reader.read(4_096)


def _serve(trades: int, told: Connection) -> None:
    made = list(frames(trades))

    async def send(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _subscribed(reader, writer)
        writer.write(_frame(list(_messages(1))[1]))
        for some in made:
            writer.write(some)
            await writer.drain()
        await reader.read()

    async def serve() -> None:
        server = await asyncio.start_server(send, "127.0.0.1", 0)
        told.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


@contextmanager
def exchange(trades: int) -> Iterator[int]:
    """Run an exchange with so many trades in a process of its own; give its port."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(trades, there), daemon=True)
    process.start()
    try:
        yield here.recv()
    finally:
        process.kill()
        process.join()


def _readers(port: int, stats: SourceStats) -> Sequence[Source]:
    place = f"127.0.0.1:{port}"
    options = CoinbaseOptions(
        products=(_PRODUCT,), url=f"ws://{place}/", rest_url=f"http://{place}"
    )
    return open_coinbase(options, Opening("measured", MARKET_TICKS, stats))


@dataclass(frozen=True, slots=True)
class Seconds:
    """Of the clock, and of this process's processor time, which a busy machine changes less."""

    wall: float
    cpu: float

    @classmethod
    def now(cls) -> Seconds:
        return cls(time.perf_counter(), time.process_time())

    def since(self, begun: Seconds) -> Seconds:
        return Seconds(self.wall - begun.wall, self.cpu - begun.cpu)


def _per_second(count: int, runs: Sequence[Seconds]) -> dict[str, int]:
    return {
        "wall": round(count / statistics.median(run.wall for run in runs)),
        "cpu": round(count / statistics.median(run.cpu for run in runs)),
    }


async def alone(port: int, trades: int) -> Seconds:
    """Give the seconds in which the source gives all trades, that nobody keeps."""
    stats = SourceStats()
    [reader] = _readers(port, stats)
    chunks, left, begun = reader.read({}), trades, Seconds.now()
    async for chunk in chunks:
        left -= len(chunk.records)
        if left <= 0:
            break
    seconds = Seconds.now().since(begun)
    await chunks.aclose()
    _check(trades - left, trades, stats)
    return seconds


async def into_kafka(port: int, trades: int, broker: str) -> Seconds:
    """Give the seconds from Kafka being ready to the last trade committed."""
    stats = SourceStats()
    runner = SourceRunner(
        _readers(port, stats),
        SourcePlace(broker, f"market_ticks_{port}", f"{port}.headrace.sources", "measured", 4, 1),
        SourceEntry(kind="coinbase"),
        stats,
        silence_seconds=60.0,
        largest_bytes=1_000_000,
    )
    running = asyncio.create_task(runner.run())
    await _until(lambda: runner.state == "running", running)
    begun = Seconds.now()
    await _until(lambda: stats.records >= trades, running)
    seconds = Seconds.now().since(begun)
    runner.stop()
    await running
    _check(stats.records, trades, stats)
    return seconds


async def _until(condition: Callable[[], bool], running: asyncio.Task[None]) -> None:
    while not condition():
        await asyncio.sleep(0.005)
        if running.done():
            running.result()


def _check(read: int, trades: int, stats: SourceStats) -> None:
    if (read, stats.gaps, stats.duplicates) != (trades, 0, 0):
        raise RuntimeError(f"{read} of {trades} trades were read: {stats}")


async def reconnects(rounds: int) -> list[float]:
    """Give the seconds from a connection that was cut to the next subscription, each time."""
    cut, found = 0.0, []
    enough = asyncio.Event()

    async def drop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal cut
        await _subscribed(reader, writer)
        if cut:
            found.append(time.perf_counter() - cut)
        if len(found) >= rounds:
            enough.set()
            return
        for message in _messages(1_000):
            writer.write(_frame(message))
        await writer.drain()
        await asyncio.sleep(0.1)  # the source has heard that the outside is there
        writer.transport.abort()
        cut = time.perf_counter()

    server = await asyncio.start_server(drop, "127.0.0.1", 0)
    stats = SourceStats()
    [reader] = _readers(server.sockets[0].getsockname()[1], stats)
    reading = asyncio.create_task(Reading(reader, Inbox(1_000_000_000), {}, stats).run())
    await enough.wait()
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    server.close()
    return found


@click.command()
@click.option("--trades", type=click.IntRange(1_000), default=200_000, show_default=True)
@click.option("--repeat", type=click.IntRange(1), default=3, show_default=True)
@click.option("--reconnects", "rounds", type=click.IntRange(1), default=20, show_default=True)
def main(*, trades: int, repeat: int, rounds: int) -> None:
    """Measure and print the result as JSON."""
    messages = 2 * trades + trades // 1_000
    with exchange(trades) as port, Watchdog() as watchdog, tempfile.TemporaryDirectory() as folder:
        kafka = Kafka(Path(folder) / "kafka", watchdog)
        kafka.start()
        try:
            apart = [asyncio.run(alone(port, trades)) for _ in range(repeat)]
            stored = [asyncio.run(into_kafka(port, trades, kafka.address))]
            for _ in range(repeat - 1):
                with exchange(trades) as another:
                    stored.append(asyncio.run(into_kafka(another, trades, kafka.address)))
        finally:
            kafka.stop()
    again = asyncio.run(reconnects(rounds))
    result = {
        "machine": machine("none"),
        "commit": commit(),
        "trades": trades,
        "messages": messages,
        "messages_per_second": _per_second(messages, apart),
        "messages_per_second_into_kafka": _per_second(messages, stored),
        "trades_per_second_into_kafka": _per_second(trades, stored),
        "reconnect_seconds_median": round(statistics.median(again), 3),
        "reconnect_seconds_max": round(max(again), 3),
        "memory_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1_000,
    }
    click.echo(msgspec.json.format(msgspec.json.encode(result), indent=2))


if __name__ == "__main__":
    main()
