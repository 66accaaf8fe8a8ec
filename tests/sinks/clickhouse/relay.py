"""A way to the server on which answers get lost, stay out, or come from somebody else."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import unquote_plus

_CLOSE = b"Connection: close\r\n"


@dataclass
class Relay:
    """`loses` answers to INSERTs of rows get lost after they were carried out.

    `answers` is sent instead of asking the server at all, `is_silent` leaves out any answer.
    """

    target: int
    port: int = 0
    loses: int = 0
    answers: bytes = b""
    is_silent: bool = False
    asked: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            self.asked += 1
            body = await reader.readexactly(_length(head))
            if self.is_silent:
                await asyncio.sleep(3_600)
            answer = self.answers or await self._ask(head, body)
            if self.loses and b"ArrowStream" in unquote_plus(head.decode()).encode():
                self.loses -= 1
            else:
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _ask(self, head: bytes, body: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.target)
        first, _, rest = head.partition(b"\r\n")
        writer.write(first + b"\r\n" + _CLOSE + rest + body)
        answer = await reader.read(-1)
        writer.close()
        return answer.replace(b"Connection: Keep-Alive", b"Connection: close", 1)


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.split(b":")[1])
    return 0


@asynccontextmanager
async def relay_to(port: int, tls: ssl.SSLContext | None = None) -> AsyncIterator[Relay]:
    relay = Relay(port)
    server = await asyncio.start_server(relay.serve, "127.0.0.1", 0, ssl=tls)
    relay.port = server.sockets[0].getsockname()[1]
    try:
        yield relay
    finally:
        server.close()
