"""/metrics of each process of an edge, on a port of its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from telemetry.exposition import Exposition, Source
from telemetry.health import Health
from telemetry.metrics import EDGE

logger = logging.getLogger(__name__)

_PAUSE_SECONDS = 1.0


async def serve(host: str, ports: Sequence[int], source: Source, health: Health) -> None:
    """Listen at the first of the ports that no other process of the edge has, until cancelled.

    A process that begins while the one before it ends finds none, and waits for that one's.
    """
    if not ports:
        return
    from telemetry.server import MonitoringServer, PortTakenError  # noqa: PLC0415 - 12 MB

    exposition = Exposition(EDGE, [source], "edge")
    while True:
        for port in ports:
            server = MonitoringServer(host, port, exposition, health)
            try:
                await server.start()
            except PortTakenError:
                continue
            try:
                await asyncio.Event().wait()
            finally:
                await server.stop()
        await asyncio.sleep(_PAUSE_SECONDS)
