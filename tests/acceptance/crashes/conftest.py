"""Stages for tests of exactness under crashes: workers that run, and records that flow."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from devstack.engines import Kafka, Postgres
from devstack.processes.watchdog import Watchdog
from tests.chaos.load import Load
from tests.chaos.stage import Stage
from tests.databases import temporary_database


@contextmanager
def _on_shared_engines(
    kafka: Kafka, postgres: Postgres, folder: Path, watchdog: Watchdog, load: Load
) -> Iterator[Stage]:
    with (
        temporary_database(postgres, "crashes") as name,
        Stage(kafka.address, postgres.dsn(name), folder, watchdog, load) as stage,
    ):
        yield stage


@pytest.fixture(scope="package")
def _two_workers(
    kafka: Kafka, postgres: Postgres, engine_folder: Path, watchdog: Watchdog
) -> Iterator[Stage]:
    load = Load(workers=2, session_timeout_seconds=6)
    with _on_shared_engines(kafka, postgres, engine_folder, watchdog, load) as stage:
        yield stage


@pytest.fixture(scope="package")
def _lone_worker(
    kafka: Kafka, postgres: Postgres, engine_folder: Path, watchdog: Watchdog
) -> Iterator[Stage]:
    load = Load(workers=1, session_timeout_seconds=3)
    with _on_shared_engines(kafka, postgres, engine_folder, watchdog, load) as stage:
        yield stage


@pytest.fixture
def two_workers(_two_workers: Stage) -> Iterator[Stage]:
    """Play with two workers, on engines that all tests share; records flow only meanwhile."""
    _two_workers.flow.resume()
    yield _two_workers
    _two_workers.flow.pause()


@pytest.fixture
def lone_worker(_lone_worker: Stage) -> Iterator[Stage]:
    """Play with one worker, on engines that all tests share; records flow only meanwhile."""
    _lone_worker.flow.resume()
    yield _lone_worker
    _lone_worker.flow.pause()


@pytest.fixture(scope="module")
def mortal_kafka(kafka: Kafka, engine_folder: Path, watchdog: Watchdog) -> Iterator[Kafka]:
    """Give a broker that may be killed, as long as it is started again."""
    del kafka  # says why where there is none
    engine = Kafka(engine_folder / uuid4().hex, watchdog)
    yield engine
    engine.kill()


@pytest.fixture(scope="module")
def mortal_postgres(
    postgres: Postgres, engine_folder: Path, watchdog: Watchdog
) -> Iterator[Postgres]:
    """Give a database server that may be killed, as long as it is started again."""
    del postgres  # says why where there is none
    engine = Postgres(engine_folder / uuid4().hex, watchdog)
    yield engine
    engine.kill()


@pytest.fixture(scope="module")
def fast_stage(
    mortal_kafka: Kafka, mortal_postgres: Postgres, engine_folder: Path, watchdog: Watchdog
) -> Iterator[Stage]:
    """Play at 20,000 events a second on engines that may be killed."""
    with ThreadPoolExecutor() as pool:
        for started in [pool.submit(it.start) for it in (mortal_kafka, mortal_postgres)]:
            started.result()
    broker, dsn = mortal_kafka.address, mortal_postgres.dsn()
    load = Load(events_per_second=20_000)
    with Stage(broker, dsn, engine_folder, watchdog, load) as stage:
        yield stage
