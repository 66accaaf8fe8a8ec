"""/metrics, /livez and /readyz over real HTTP."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from aiohttp import ClientSession

from devstack.place.free_ports import free_port
from telemetry.exposition import Exposition
from telemetry.metrics import CDN_CAPACITY, READY
from telemetry.server import MonitoringServer, PortTakenError


class Moody:
    """Says what it is told to say."""

    def __init__(self) -> None:
        self.ill: Sequence[str] = []
        self.missing: Sequence[str] = []

    def not_live(self) -> Sequence[str]:
        return self.ill

    def not_ready(self) -> Sequence[str]:
        return self.missing


@pytest.fixture
def health() -> Moody:
    return Moody()


@pytest.fixture
async def address(health: Moody) -> AsyncIterator[str]:
    port = free_port()
    server = MonitoringServer("127.0.0.1", port, exposition(), health)
    await server.start()
    yield f"http://127.0.0.1:{port}"
    await server.stop()


def exposition() -> Exposition:
    return Exposition((READY,), [lambda: [(READY, (), 1)]], "core")


async def get(address: str) -> tuple[int, str, str]:
    async with ClientSession() as session, session.get(address) as answer:
        return answer.status, answer.content_type, await answer.text()


async def test_metrics_are_text(address: str) -> None:
    status, kind, text = await get(f"{address}/metrics")

    assert (status, kind) == (200, "text/plain")
    assert '\nheadrace_ready{role="core"} 1.0\n' in text


async def test_a_healthy_process_says_so(address: str) -> None:
    live = await get(f"{address}/livez")
    ready = await get(f"{address}/readyz")

    assert live == (200, "application/json", '{"live": true, "reasons": []}')
    assert ready == (200, "application/json", '{"ready": true, "reasons": []}')


async def test_reasons_come_with_503(address: str, health: Moody) -> None:
    health.ill, health.missing = ["stuck"], ["no partitions", "no database"]

    live = await get(f"{address}/livez")
    ready = await get(f"{address}/readyz")

    assert live == (503, "application/json", '{"live": false, "reasons": ["stuck"]}')
    assert ready[0] == 503
    assert '"reasons": ["no partitions", "no database"]' in ready[2]


async def test_a_port_that_is_taken_is_named(address: str) -> None:
    port = int(address.rpartition(":")[2])
    second = MonitoringServer("127.0.0.1", port, exposition(), Moody())

    with pytest.raises(PortTakenError, match=f"127.0.0.1:{port} is taken.*HEADRACE_METRICS_PORT"):
        await second.start()


async def test_a_reader_that_does_not_read_holds_nothing_up() -> None:
    port = free_port()
    much = "x" * 30_000_000  # more than fits between the two
    long = Exposition((CDN_CAPACITY,), [lambda: [(CDN_CAPACITY, (much,), 1)]], "core")
    server = MonitoringServer("127.0.0.1", port, long, Moody())
    await server.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /metrics HTTP/1.1\r\nHost: test\r\n\r\n")
    await reader.readline()

    async with asyncio.timeout(10):
        await server.stop()

    writer.close()


async def test_port_0_is_none() -> None:
    server = MonitoringServer("127.0.0.1", 0, exposition(), Moody())

    await server.start()
    await server.stop()
