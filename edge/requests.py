"""The way of every request: route, CORS, gate, handler, answer."""

from __future__ import annotations

import logging
import time

from edge.access_log import AccessLog
from edge.cors import Cors
from edge.counts import Counts
from edge.gate import Gate
from edge.messages import Channel, Request, Response, Scope
from edge.problems import Problem
from edge.routing import Router

logger = logging.getLogger(__name__)

_MOST_PARAMETERS = 100


class Requests:
    """Answers each request, whatever comes."""

    def __init__(
        self, router: Router, gate: Gate, cors: Cors, counts: Counts, log: AccessLog | None
    ) -> None:
        self._router = router
        self._gate = gate
        self._cors = cors
        self._counts = counts
        self._log = log

    async def answer(self, scope: Scope, channel: Channel) -> None:
        begun = time.monotonic()
        request = Request(scope, channel)
        response = await self._response(request)
        self._cors.allow(request, response)
        channel.response_bytes(response.status, response.headers, response.body)
        seconds = time.monotonic() - begun
        self._counts.answered(request.route, response.status, seconds)
        if self._log is not None:
            self._log.write(request, response, seconds)

    async def _response(self, request: Request) -> Response:
        try:
            return await self._handled(request)
        except Problem as problem:
            return problem.response()
        except Exception:
            logger.exception("%s %s failed", request.method, request.route)
            return Problem(500, "the edge failed at this request; its log says more").response()

    async def _handled(self, request: Request) -> Response:
        if request.method == "OPTIONS":
            methods = self._router.methods(request.path)
            if methods:
                return self._cors.preflight(request, [*methods, "OPTIONS"])
        # granian leaves out the body of an answer to HEAD
        method = "GET" if request.method == "HEAD" else request.method
        route, request.parameters = self._router.find(method, request.path)
        request.route = route.path
        if request.query_string.count("&") >= _MOST_PARAMETERS:
            raise Problem(400, f"a query has at most {_MOST_PARAMETERS} parameters: send less")
        if not route.open:
            request.caller = self._gate.admit(request)
        return await route.handler(request)
