"""A PretendGrafana behind HTTP, in a thread: who may call, and what was called."""

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import web

from tests.grafana.deploy.pretend_grafana import PretendGrafana, RefusedError

TOKEN = "glsa_the-one-that-is-known"  # noqa: S105 - known to this test only


class GrafanaServer:
    """`denied` are (method, begin of a path, permission) that the token has no right to."""

    def __init__(self) -> None:
        self.grafana = PretendGrafana()
        self.writes: list[str] = []
        self.denied: list[tuple[str, str, str]] = []
        self.url = ""

    def application(self) -> web.Application:
        there = self.grafana
        answers: list[tuple[str, str, Callable[..., Any]]] = [
            ("GET", "/api/folders/{uid}", there.get_folder),
            ("POST", "/api/folders", there.post_folder),
            ("GET", "/api/datasources/uid/{uid}", there.get_data_source),
            ("GET", "/api/datasources/name/{name}", there.get_data_source_by_name),
            ("POST", "/api/datasources", there.post_data_source),
            ("PUT", "/api/datasources/uid/{uid}", there.put_data_source),
            ("GET", "/api/dashboards/uid/{uid}", there.get_dashboard),
            ("POST", "/api/dashboards/db", there.post_dashboard),
            ("GET", f"{_RULES}/{{uid}}", there.get_rule),
            ("POST", _RULES, there.post_rule),
            ("PUT", f"{_RULES}/{{uid}}", there.put_rule),
            ("GET", _GROUP, there.get_group),
            ("PUT", _GROUP, there.put_group),
        ]
        application = web.Application()
        for method, path, answer in answers:
            application.router.add_route(method, path, self._handler(answer, path))
        return application

    def _handler(self, answer: Callable[..., Any], path: str) -> Any:
        async def handle(request: web.Request) -> web.Response:
            if request.headers.get("Authorization") != f"Bearer {TOKEN}":
                return web.json_response({"message": "Invalid API key"}, status=401)
            for method, begin, permission in self.denied:
                if method == request.method and request.path.startswith(begin):
                    needed = f"Permissions needed: {permission}"
                    message = f"You'll need additional permissions to perform this action. {needed}"
                    return web.json_response({"message": message}, status=403)
            values = list(request.match_info.values())
            if request.method != "GET":
                self.writes.append(f"{request.method} {request.path}")
                values.append(await request.json())
                if "provisioning" in path:
                    header = "X-Disable-Provenance" in request.headers
                    values.append("" if header else "api")
            try:
                return web.json_response(answer(*values))
            except RefusedError as refusal:
                if refusal.body is None:
                    return web.Response(status=refusal.status)
                return web.json_response(refusal.body, status=refusal.status)

        return handle


_RULES = "/api/v1/provisioning/alert-rules"
_GROUP = "/api/v1/provisioning/folder/{folder}/rule-groups/{title}"


@contextmanager
def serve(application: web.Application, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Serve on a free port of this machine; give the address."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    runner = web.AppRunner(application)

    async def start() -> str:
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
        await site.start()
        _, port = runner.addresses[0]
        return f"{'https' if tls else 'http'}://127.0.0.1:{port}"

    async def stop() -> None:
        await runner.cleanup()
        closing = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*closing, return_exceptions=True)
        await asyncio.sleep(0)  # the transports' own turn

    try:
        yield asyncio.run_coroutine_threadsafe(start(), loop).result()
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
