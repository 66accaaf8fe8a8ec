"""A database as a real worker has filled it from the simulated clients of all five streams."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from devstack.engines import Kafka, Postgres
from devstack.processes.watchdog import Watchdog
from generator.producer import Lane
from generator.run import Load, generate
from generator.streams import SIMULATED
from generator.target import Target
from generator.truth import Truth
from tests.databases import temporary_database
from tests.integration.worker import Worker, worker_process

_HOURS = 3
_EVENTS = 50_000
_CREEP_MILLISECONDS = 200
_EVENTS_PER_SECOND = _EVENTS / (_HOURS * 3_600)
_STORED = """
SELECT (SELECT count(*) FROM content_sessions) + (SELECT count(*) FROM media_events)
     + (SELECT count(*) FROM user_activity) + (SELECT count(*) FROM purchases)
     + (SELECT count(*) FROM market_ticks) + (SELECT count(*) FROM event_dead_letters)
"""


@dataclass(frozen=True)
class Filled:
    """Where it is, and the time up to which there are events."""

    dsn: str
    now: datetime


class Clock:
    """Tells at first that it is three hours ago: the generator makes up for them at full speed.

    From then on each look at it is a moment later, until all events were due: no stream's share of
    them is a whole number. In the end `now` is some seconds ahead.
    """

    def __init__(self) -> None:
        self.now = time.time_ns() // 1_000_000
        self._is_first = True

    def __call__(self) -> int:
        if self._is_first:
            self._is_first = False
            return self.now - _HOURS * 3_600_000
        self.now += _CREEP_MILLISECONDS
        return self.now


@pytest.fixture(scope="session")
def filled(
    kafka: Kafka,
    postgres: Postgres,
    _template: str,
    watchdog: Watchdog,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Filled]:
    """Produce three hours of five streams, and have one worker store them."""
    clock = Clock()
    folder = tmp_path_factory.mktemp("dashboards")
    with temporary_database(postgres, "dashboards", _template) as name:
        dsn = postgres.dsn(name)
        worker = _worker(kafka.address, dsn, name, folder, watchdog)
        try:
            worker.child.start()  # while it starts, events are made
            produced = asyncio.run(_produced(kafka.address, name, clock))
            worker.wait_until(lambda: _stored(dsn) >= produced, f"at {produced} records")
            worker.stop()
            yield Filled(dsn, datetime.fromtimestamp(clock.now / 1_000, UTC))
        finally:
            worker.kill()


def _worker(broker: str, dsn: str, name: str, folder: Path, watchdog: Watchdog) -> Worker:
    settings = {
        "HEADRACE_BROKER": broker,
        "HEADRACE_DATABASE": dsn,
        "HEADRACE_TOPIC_PREFIX": f"{name}-",
        "HEADRACE_APP_ID": name,
        "HEADRACE_HOME": str(folder),
        "HEADRACE_TOPIC_PARTITIONS": "1",
    }
    return worker_process(name, folder, settings, watchdog)


async def _produced(broker: str, name: str, clock: Clock) -> int:
    """Produce, and give the number of records."""
    truths: dict[str, Truth] = {stream: SIMULATED[stream].truth() for stream in SIMULATED}
    lanes = [
        Lane(stream, Target(broker, f"{name}-{stream}", 1, "none"), truth)
        for stream, truth in truths.items()
    ]
    load = Load(_EVENTS_PER_SECOND, events=_EVENTS)
    await generate(load, lanes, stop=asyncio.Event(), clock=clock)
    return sum(truth.produced for truth in truths.values())


def _stored(dsn: str) -> int:
    async def ask() -> int:
        connection = await asyncpg.connect(dsn)
        try:
            return int(await connection.fetchval(_STORED))
        finally:
            await connection.close()

    return asyncio.run(ask())
