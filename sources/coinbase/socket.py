"""The websocket: connected, subscribed, and its messages handed over in bounded heaps."""

import asyncio
import ssl
from collections.abc import Sequence
from typing import Any

import aiohttp

from sources.base import SourceUnavailable

CHANNELS = ("heartbeat", "ticker", "matches")

_LARGEST_BYTES = 1024 * 1024
_HEAP_BYTES = 4 * 1024 * 1024
_CONNECT = aiohttp.ClientWSTimeout(ws_close=2.0)


async def connect(
    session: aiohttp.ClientSession, url: str, products: Sequence[str]
) -> aiohttp.ClientWebSocketResponse:
    """Connect and subscribe. Raises SourceUnavailable."""
    try:
        socket = await session.ws_connect(
            url, max_msg_size=_LARGEST_BYTES, timeout=_CONNECT, compress=0
        )
        await socket.send_json(
            {"type": "subscribe", "product_ids": list(products), "channels": list(CHANNELS)}
        )
    except aiohttp.WSServerHandshakeError as error:
        raise SourceUnavailable(f"the exchange answers {error.status}") from error
    except (aiohttp.ClientConnectorCertificateError, ssl.SSLError) as error:
        raise SourceUnavailable("the exchange's certificate is not trusted") from error
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise SourceUnavailable(f"no connection to the exchange ({_name(error)})") from error
    return socket


class Heap:
    """Messages of a socket as they come in; not read any further while too many wait."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, wake: asyncio.Event) -> None:
        self._socket = socket
        self._wake = wake
        self._messages: list[str | bytes] = []
        self._size = 0
        self._room = asyncio.Event()
        self._ended: str | None = None
        self._pumping = asyncio.create_task(self._pump())

    def take(self) -> list[str | bytes]:
        """Give what came in. Raises SourceUnavailable when nothing more will."""
        if not self._messages and self._ended is not None:
            raise SourceUnavailable(self._ended)
        if self._ended is not None:
            self._wake.set()  # nothing more will: what came just before the end is taken first
        taken, self._messages, self._size = self._messages, [], 0
        self._room.set()
        return taken

    async def close(self) -> None:
        self._pumping.cancel()
        await asyncio.gather(self._pumping, return_exceptions=True)

    async def _pump(self) -> None:
        try:
            while True:
                message = await self._socket.receive()
                if message.type not in {aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY}:
                    self._ended = _why(message, self._socket)
                    return
                self._messages.append(message.data)
                self._size += len(message.data)
                self._wake.set()
                if self._size >= _HEAP_BYTES:
                    self._room.clear()
                    await self._room.wait()
        except (aiohttp.ClientError, OSError) as error:
            self._ended = f"the connection broke ({_name(error)})"
        finally:
            self._wake.set()


def _why(message: Any, socket: aiohttp.ClientWebSocketResponse) -> str:
    if message.type is aiohttp.WSMsgType.ERROR:
        return f"the connection broke ({_name(message.data)})"
    return f"the exchange closed the connection (code {socket.close_code})"


def _name(error: object) -> str:
    return type(error).__name__
