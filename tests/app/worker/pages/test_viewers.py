"""Server-sent events: few at once, none that a stopping server waits for."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from app.worker.pages.viewers import Viewers


@pytest.fixture
async def server() -> AsyncIterator[TestServer]:
    viewers = Viewers(most=2, every_seconds=0.01)

    async def follow(request: web.Request) -> web.StreamResponse:
        async def make() -> str:
            return "<p>one</p>\n\n<p>two</p>" + "x" * int(request.query.get("size", 0))

        return await viewers.follow(request, make)

    app = web.Application()
    app.router.add_get("/", follow)
    app.on_shutdown.append(viewers.end)
    server = TestServer(app)
    await server.start_server()
    yield server
    await server.close()


async def test_an_event_is_the_html_without_its_empty_lines(server: TestServer) -> None:
    async with ClientSession() as session, session.get(server.make_url("/")) as answer:
        lines = [await answer.content.readline() for _ in range(5)]

    assert answer.headers["Content-Type"] == "text/event-stream"
    assert lines == [
        b"retry: 2000\n",
        b"\n",
        b"data: <p>one</p>\n",
        b"data: <p>two</p>\n",
        b"\n",
    ]


async def test_the_third_is_told_to_come_later_and_let_in_when_one_has_left(
    server: TestServer,
) -> None:
    address = server.make_url("/")
    async with ClientSession() as session, session.get(address):
        async with session.get(address), session.get(address) as third:
            pass
        for _ in range(100):  # the server hears that one left when it writes to it
            async with session.get(address) as later:
                if later.status == 200:
                    break
            await asyncio.sleep(0.05)

    assert third.status == 503
    assert third.headers["Retry-After"] == "10"
    assert later.status == 200


async def test_a_server_that_stops_waits_for_nobody(server: TestServer) -> None:
    """Neither for who reads, nor for who has stopped reading and never says so."""
    large = server.make_url("/?size=1000000")
    async with ClientSession() as session, session.get(server.make_url("/")), session.get(large):
        await asyncio.sleep(0.2)  # until its buffers are full
        begun = time.monotonic()

        await server.close()

        assert time.monotonic() - begun < 5


async def test_a_stream_ends_whole_when_the_server_stops(server: TestServer) -> None:
    """A browser says on its console where an answer breaks off."""
    async with ClientSession() as session, session.get(server.make_url("/")) as answer:
        await answer.content.readline()

        await server.close()

        assert await answer.content.read() != b""  # an answer that broke off raises
