"""The HTTP server of /metrics, /livez and /readyz.

A server of its own, so that it answers from the first moment: Faust's begins only after recovery,
and may be switched off.
"""

import errno
from collections.abc import Sequence

from aiohttp import web

from telemetry.exposition import Exposition
from telemetry.health import Health

_TEXT = "text/plain; version=0.0.4; charset=utf-8"
_PATIENCE_SECONDS = 1.0
"""For readers at the end: one that does not read must not hold up a worker that hands over."""


class PortTakenError(Exception):
    """Something else listens there."""


class MonitoringServer:
    """Listens between `start` and `stop`; port 0 is none at all."""

    def __init__(self, host: str, port: int, exposition: Exposition, health: Health) -> None:
        self._place = (host, port)
        self._exposition = exposition
        self._health = health
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Begin to listen. Raises PortTakenError."""
        host, port = self._place
        if not port or self._runner is not None:
            return
        app = web.Application()
        app.add_routes(
            [
                web.get("/metrics", self._metrics),
                web.get("/livez", self._livez),
                web.get("/readyz", self._readyz),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_PATIENCE_SECONDS)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, host, port).start()
        except OSError as error:
            await self.stop()
            if error.errno != errno.EADDRINUSE:
                raise
            raise PortTakenError(
                f"{host}:{port} is taken, so /metrics cannot be served there: set another port, or "
                "0 for none (HEADRACE_METRICS_PORT for a worker, "
                "HEADRACE_GENERATOR_METRICS_PORT or --metrics-port for the generator)"
            ) from None

    async def stop(self) -> None:
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def _metrics(self, _: web.Request) -> web.Response:
        return web.Response(body=self._exposition.text(), headers={"Content-Type": _TEXT})

    async def _livez(self, _: web.Request) -> web.Response:
        return _answer("live", self._health.not_live())

    async def _readyz(self, _: web.Request) -> web.Response:
        return _answer("ready", self._health.not_ready())


def _answer(question: str, reasons: Sequence[str]) -> web.Response:
    content = {question: not reasons, "reasons": list(reasons)}
    return web.json_response(content, status=503 if reasons else 200)
