"""The process of one source: no Faust app, since it consumes nothing and shares nothing.

readers ─▶ agents/source_runner.py ─▶ Kafka; /status/ on the web port, /metrics on the metrics' port
"""

import asyncio
import logging
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from socket import gethostname

import msgspec
import psutil
from aiohttp import web

from agents.source_runner import ENVELOPE_BYTES, SourceRunner
from app.worker.source_samples import SourceHealth, SourceSamples
from batching.transactions import RESUME_TOPIC, SourcePlace
from batching.tuning import tune_collector
from config.roles import check_role
from config.settings import Settings
from sources.configured import configured_sources, kind_of, stream_of
from sources.kinds import Opening
from telemetry import fault_points
from telemetry.exposition import Exposition
from telemetry.metrics import SOURCE
from telemetry.server import MonitoringServer
from telemetry.source_stats import SourceStats
from telemetry.worker_status import SourceStatus, WorkerStatus

logger = logging.getLogger(__name__)


def run_source(settings: Settings) -> None:
    """Run the source that the role names until SIGTERM or SIGINT. Raises PlainError."""
    logging.basicConfig(
        level=logging.INFO, format="[%(asctime)s] [%(process)d] [%(levelname)s] %(message)s"
    )
    logging.getLogger("aiokafka").setLevel(logging.WARNING)
    check_role(settings.role, configured_sources(settings), settings.config)
    if settings.fault:
        fault_points.arm(settings.fault)
    asyncio.run(_run(settings))


async def _run(settings: Settings) -> None:
    process = SourceProcess(settings)
    tune_collector()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, process.stop)
    await process.run()


class SourceProcess:
    """The source of a role, with what it tells about itself. Connects to nothing until `run`."""

    def __init__(self, settings: Settings) -> None:
        configured = configured_sources(settings)[settings.role]
        kind = kind_of(configured)
        self._settings = settings
        self._stream = stream_of(settings, configured, kind)
        self._ends = kind.ends(configured.options)
        self.stats = SourceStats()
        largest = settings.event_bytes - ENVELOPE_BYTES
        opening = Opening(configured.name, self._stream, self.stats, largest)
        self._runner = SourceRunner(
            kind.open(configured.options, opening),
            SourcePlace(
                settings.broker,
                settings.topic(self._stream.topic),
                settings.topic(RESUME_TOPIC),
                configured.name,
                settings.topic_partitions,
                settings.topic_replicas,
            ),
            configured.entry,
            self.stats,
            silence_seconds=configured.entry.silence_seconds or kind.silence_seconds,
            largest_bytes=largest,
        )
        self._health = SourceHealth(self._runner, self.stats)
        samples = SourceSamples(
            configured.name, settings.role, self._stream.topic, self.stats, self._health
        )
        self._monitoring = MonitoringServer(
            settings.metrics_host,
            settings.metrics_port,
            Exposition(SOURCE, [samples], settings.role),
            self._health,
        )
        self._stop = asyncio.Event()

    def stop(self) -> None:
        """Commit what is read, and end."""
        self._stop.set()
        self._runner.stop()

    async def run(self) -> None:
        """Run until `stop`, or until all is read where the source is to end there.

        Any other that has read all stays, so that nobody starts it again.
        """
        async with AsyncExitStack() as stack:
            await self._monitoring.start()
            stack.push_async_callback(self._monitoring.stop)
            stack.push_async_callback(await self._web())
            await self._runner.run()
            if not self._ends:
                await self._stop.wait()

    async def _web(self) -> Callable[[], Awaitable[None]]:
        """Listen; return how to end it."""
        app = web.Application()
        app.add_routes([web.get("/status/", self._status), web.get("/", self._status)])
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._settings.web_host, self._settings.web_port).start()
        except OSError:
            await runner.cleanup()
            raise
        return runner.cleanup

    async def _status(self, _: web.Request) -> web.Response:
        stats = self.stats
        status = WorkerStatus(
            f"{gethostname()}-{os.getpid()}",
            self._runner.state,
            waiting_for="; ".join(f"{who}: {why}" for who, why in stats.waiting.items()) or None,
            memory_bytes=psutil.Process().memory_info().rss,
            source=SourceStatus(
                self._stream.topic,
                stats.records,
                stats.reconnects,
                stats.silences,
                stats.gaps,
                stats.filled,
                stats.duplicates,
                dict(stats.refused),
                stats.last_event,
                stats.progress,
            ),
        )
        return web.Response(body=msgspec.json.encode(status), content_type="application/json")
