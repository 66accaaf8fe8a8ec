"""Which web pages may send: CORS, as browsers ask for it."""

from __future__ import annotations

from collections.abc import Collection

from edge.messages import Request, Response

_EXPOSED = "retry-after, idempotent-replayed, allow"
_MAX_AGE = "7200"  # the most that Chromium keeps


class Cors:
    """Allows the pages of some origins; `*` is every page. None at all: no header is sent."""

    def __init__(self, origins: Collection[str]) -> None:
        self._origins = frozenset(origins)

    def preflight(self, request: Request, methods: Collection[str]) -> Response:
        """Answer what a browser asks before it sends."""
        headers = [("allow", ", ".join(methods))]
        if self._allows(request.headers.get("origin")):
            asked = request.headers.get("access-control-request-headers", "")
            headers += [
                ("access-control-allow-methods", ", ".join(methods)),
                ("access-control-allow-headers", _names(asked)),
                ("access-control-max-age", _MAX_AGE),
            ]
        return Response(204, b"", headers)

    def allow(self, request: Request, response: Response) -> None:
        """Let the page that asked read the answer."""
        if not self._origins:
            return
        origin = request.headers.get("origin")
        response.headers.append(("vary", "origin"))
        if self._allows(origin):
            response.headers.append(("access-control-allow-origin", origin))
            response.headers.append(("access-control-expose-headers", _EXPOSED))

    def _allows(self, origin: str | None) -> bool:
        return bool(origin) and ("*" in self._origins or origin in self._origins)


def _names(asked: str) -> str:
    """Give back which headers a browser wants to send, as far as they are names."""
    names = (name.strip() for name in asked[:1_000].split(","))
    return ", ".join(name for name in names if name.replace("-", "").isalnum())
