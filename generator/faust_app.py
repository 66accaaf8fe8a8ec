"""The generator as a Faust app: `faust -A generator worker`."""

import asyncio
import time
from typing import Any

import faust

from generator.run import Load, generate
from generator.settings import Settings
from generator.target import Target
from generator.traffic import Fractions
from generator.truth import Truth
from models.content_sessions import CONTENT_SESSIONS


def create_app(settings: Settings) -> faust.App:
    app = faust.App(
        "headrace-generator",
        broker=f"kafka://{settings.broker}",
        store="memory://",
        web_bind="127.0.0.1",
        web_host="127.0.0.1",
        web_port=settings.web_port,
    )
    app.producer_only = True  # it reads nothing: no consumer group, no leader topic
    _attach(app, settings)
    return app


def _attach(app: faust.App, settings: Settings) -> None:
    stop, flushed = asyncio.Event(), asyncio.Event()
    truth = Truth()

    @app.task  # type: ignore[untyped-decorator]
    async def produce() -> None:
        try:
            await generate(_load(settings), _target(settings), truth, stop=stop, clock=now)
        finally:
            flushed.set()
            app.log.info("Produced %d records", truth.produced)

    @app.on_before_shutdown.connect
    async def flush(*_: Any, **__: Any) -> None:
        stop.set()
        await flushed.wait()


def now() -> int:
    return time.time_ns() // 1_000_000


def _target(settings: Settings) -> Target:
    return Target(
        broker=settings.broker,
        topic=f"{settings.topic_prefix}{CONTENT_SESSIONS.topic}",
        partitions=settings.topic_partitions,
        compression=settings.compression,
    )


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
    )
