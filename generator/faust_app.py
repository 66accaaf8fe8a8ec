"""The generator as a Faust app: `faust -A generator worker`."""

import asyncio
import time
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import faust
from yarl import URL

from batching.worker import Worker
from generator.monitoring import GeneratorMonitor, Watched
from generator.producer import lanes_to
from generator.run import Load, generate
from generator.settings import Settings
from generator.streams import SIMULATED
from generator.target import BrokerUnreachable
from generator.traffic import Fractions
from telemetry.server import PortTakenError


class _Worker(Worker):
    @staticmethod
    def told(error: BaseException) -> str | None:
        return str(error) if isinstance(error, BrokerUnreachable | PortTakenError) else None


def create_app(settings: Settings) -> faust.App:
    app = faust.App(
        "headrace-generator",
        broker=[URL(f"kafka://{address}") for address in settings.broker.split(",")],
        Worker=_Worker,
        store="memory://",
        datadir=Path(gettempdir(), "headrace-generator"),  # Faust makes it; nothing is kept there
        web_bind="127.0.0.1",
        web_host="127.0.0.1",
        web_port=settings.web_port,
    )
    app.producer_only = True  # it reads nothing: no consumer group, no leader topic
    _attach(app, settings)
    return app


def _attach(app: faust.App, settings: Settings) -> None:
    stop, idle = asyncio.Event(), asyncio.Event()
    idle.set()
    watched = {stream: Watched(SIMULATED[stream].truth()) for stream in settings.streams}
    monitor = GeneratorMonitor(watched, settings.events_per_second)
    server = monitor.server(settings.metrics_host, settings.metrics_port)

    @app.task  # type: ignore[untyped-decorator]
    async def produce() -> None:
        idle.clear()
        try:
            await server.start()
            await generate(
                _load(settings),
                lanes_to(settings, settings.compression, watched),
                stop=stop,
                clock=now,
            )
        finally:
            idle.set()
            produced = sum(one.truth.produced for one in watched.values())
            app.log.info("Produced %d records", produced)

    @app.on_before_shutdown.connect
    async def flush(*_: Any, **__: Any) -> None:
        stop.set()
        await idle.wait()
        await server.stop()


def now() -> int:
    return time.time_ns() // 1_000_000


def _load(settings: Settings) -> Load:
    return Load(
        events_per_second=settings.events_per_second,
        seed=settings.seed,
        fractions=Fractions(
            late=settings.late,
            out_of_order=settings.out_of_order,
            duplicates=settings.duplicates,
            bad=settings.bad,
        ),
        profile=settings.profile,
        users=settings.users,
    )
