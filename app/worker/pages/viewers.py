"""Server-sent events: a page's live part, again and again, to a bounded number of viewers."""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

_MOST = 20
_EVERY_SECONDS = 1.0
_WRITE_SECONDS = 10.0
_RETRY_MILLISECONDS = 2_000


class Viewers:
    """Open streams of this worker."""

    def __init__(self, most: int = _MOST, every_seconds: float = _EVERY_SECONDS) -> None:
        self._most = most
        self._every_seconds = every_seconds
        self._open: set[asyncio.Task[object]] = set()
        self._has_ended = False

    async def follow(
        self, request: web.Request, make: Callable[[], Awaitable[str]]
    ) -> web.StreamResponse:
        """Send what `make` gives, once a second, until the viewer leaves or the worker stops."""
        task = asyncio.current_task()
        if task is None or len(self._open) >= self._most:
            return web.Response(
                status=503,
                text=f"{self._most} pages are followed live already; this one is not.\n",
                headers={"Retry-After": "10"},
            )
        response = web.StreamResponse(
            # without the last one a proxy like nginx would gather events and pass none on
            headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}
        )
        self._open.add(task)
        try:
            await self._send(request, response, make)
        except asyncio.CancelledError:
            if not self._has_ended:
                raise
            task.uncancel()
            response.force_close()
        finally:
            self._open.discard(task)
        return response

    async def end(self, _: object) -> None:
        """End all streams at once: a worker that stops must not wait for who looks at it."""
        self._has_ended = True
        for task in self._open:
            task.cancel()

    async def _send(
        self,
        request: web.Request,
        response: web.StreamResponse,
        make: Callable[[], Awaitable[str]],
    ) -> None:
        await response.prepare(request)
        await response.write(f"retry: {_RETRY_MILLISECONDS}\n\n".encode())
        while True:
            event = _event(await make())
            try:
                async with asyncio.timeout(_WRITE_SECONDS):
                    await response.write(event)
            except (TimeoutError, ConnectionError):
                return
            await asyncio.sleep(self._every_seconds)


def _event(text: str) -> bytes:
    lines = "".join(f"data: {line}\n" for line in text.split("\n") if line.strip())
    return f"{lines}\n".encode()
