"""Headers that hold a browser to what these pages need: nothing from elsewhere, nothing inline."""

from aiohttp import web

_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Add them to every answer, errors too, just before it is sent."""
    del request
    response.headers.update(_HEADERS)
    response.headers.setdefault("Cache-Control", "no-cache")
    response.headers["Vary"] = "Accept"
