"""The processes of an edge: granian, and what it is told."""

from __future__ import annotations

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from config.edge_settings import EdgeSettings

_HEADER_BYTES = 64 * 1024
_HEADER_MS = 10_000


def serve(settings: EdgeSettings) -> None:
    """Serve until SIGINT or SIGTERM; requests under way are answered first."""
    Granian(
        "edge.app:create",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.RSGI,
        workers=settings.workers,
        http=HTTPModes.http1,
        websockets=False,
        backpressure=settings.connections,
        backlog=1_024,
        http1_settings=HTTP1Settings(header_read_timeout=_HEADER_MS, max_buffer_size=_HEADER_BYTES),
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
    ).serve()
