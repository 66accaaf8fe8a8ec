"""A line of JSON for each request, to stdout, if asked for."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import msgspec

from edge.addresses import shown
from edge.messages import Request, Response

_encode = msgspec.json.Encoder().encode


class AccessLog:
    """Tells who asked what, and what became of it: no query, which may hold a key, and no body.

    Of an address only the network is written (an IPv4's first 24 bits, an IPv6's 48).
    """

    def write(self, request: Request, response: Response, seconds: float) -> None:
        caller = request.caller
        line = _encode(
            {
                "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
                "method": request.method,
                "path": request.path[:200],
                "status": response.status,
                "events": request.events,
                "seconds": round(seconds, 4),
                "key": caller.name if caller else None,
                "network": shown(caller.address) if caller else None,
            }
        )
        sys.stdout.buffer.write(line + b"\n")
        sys.stdout.buffer.flush()
