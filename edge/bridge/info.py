"""What a client, or Kubernetes, asks of the bridge itself."""

from __future__ import annotations

from importlib.metadata import version

from edge.bridge.errors import BridgeError
from edge.bridge.openapi import document
from edge.health import Health
from edge.messages import Request, Response, json_response


class Info:
    """`/`, `/healthy`, `/ready` and `/openapi`."""

    def __init__(self, health: Health) -> None:
        self._health = health
        self._version = version("headrace")
        self._document = document(self._version)

    async def info(self, _: Request) -> Response:
        return json_response(200, {"name": "headrace", "bridge_version": self._version})

    async def healthy(self, _: Request) -> Response:
        return _answer(self._health.not_live())

    async def ready(self, _: Request) -> Response:
        return _answer(self._health.not_ready())

    async def openapi(self, _: Request) -> Response:
        return json_response(200, self._document)


def _answer(reasons: list[str]) -> Response:
    if reasons:
        raise BridgeError(500, "; ".join(reasons))
    return Response(200)
