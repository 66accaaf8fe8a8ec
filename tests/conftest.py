"""Apache Kafka, PostgreSQL and ClickHouse for tests: the same as `headrace up` runs.

`kafka`, `postgres` and `clickhouse` are shared by the session; a test that kills takes one of its
own: `own_kafka`, `own_postgres`, `own_clickhouse`. Without the engines a test is skipped with the
reason, or fails where CI=true.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import hypothesis
import pytest

from config.extras import NotInstalledError
from db.migrate import migrate
from devstack.engines import Kafka, Postgres
from devstack.engines.clickhouse import Clickhouse
from devstack.processes.watchdog import Watchdog
from tests.databases import temporary_database

_TEMPLATE = "headrace_migrated"
Engine = TypeVar("Engine", Kafka, Postgres, Clickhouse)

# a busy machine is no failure: pytest's own time limit holds for these tests too
hypothesis.settings.register_profile("headrace", deadline=None)
hypothesis.settings.load_profile("headrace")


_OF_PROCESSES = {"edge", "own_clickhouse", "own_gateway", "own_kafka", "own_postgres"}
"""Fixtures that start a process for a test or a file; who imports `edge_process` does it too."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        module = getattr(item, "module", None)
        fixtures = set(getattr(item, "fixturenames", ()))
        if _OF_PROCESSES & fixtures or hasattr(module, "edge_process"):
            item.add_marker("processes")


def _started(engine: Engine) -> Engine:
    try:
        engine.start()
    except NotInstalledError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))
    return engine


@pytest.fixture(scope="session")
def watchdog() -> Iterator[Watchdog]:
    """Leave no engine behind when the test run is killed."""
    with Watchdog() as watchdog:
        yield watchdog


@pytest.fixture(scope="session")
def engine_folder() -> Iterator[Path]:
    """Make a folder; pytest's own is closed to the user that PostgreSQL has under root."""
    folder = Path(tempfile.mkdtemp(prefix="headrace-tests-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def kafka(engine_folder: Path, watchdog: Watchdog) -> Iterator[Kafka]:
    engine = Kafka(engine_folder / "kafka", watchdog)
    yield _started(engine)
    engine.stop()


@pytest.fixture(scope="session")
def postgres(engine_folder: Path, watchdog: Watchdog) -> Iterator[Postgres]:
    engine = Postgres(engine_folder / "postgres", watchdog)
    yield _started(engine)
    engine.stop()


@pytest.fixture(scope="session")
def clickhouse(engine_folder: Path, watchdog: Watchdog) -> Iterator[Clickhouse]:
    users = [
        ("worker", "a password", "default"),
        ("headrace", "headrace", "default"),  # compose's
        ("headrace_reader", "reads", "reader"),
    ]
    engine = Clickhouse(engine_folder / "clickhouse", watchdog, users)
    yield _started(engine)
    engine.stop()


@pytest.fixture
def own_clickhouse(engine_folder: Path, watchdog: Watchdog) -> Iterator[Clickhouse]:
    """Start a server that this test may kill, stop and start."""
    engine = _started(Clickhouse(engine_folder / uuid4().hex, watchdog))
    yield engine
    engine.kill()
    shutil.rmtree(engine.folder, ignore_errors=True)


@pytest.fixture
def own_kafka(engine_folder: Path, watchdog: Watchdog) -> Iterator[Kafka]:
    """Start a broker that this test may kill, stop and start."""
    engine = Kafka(engine_folder / uuid4().hex, watchdog)
    yield _started(engine)
    engine.kill()
    shutil.rmtree(engine.folder)


@pytest.fixture
def own_postgres(engine_folder: Path, watchdog: Watchdog) -> Iterator[Postgres]:
    """Start a server that this test may kill, stop and start, with a migrated database."""
    engine = _started(Postgres(engine_folder / uuid4().hex, watchdog))
    _migrate(engine.dsn())
    yield engine
    engine.kill()
    shutil.rmtree(engine.folder)


def _migrate(dsn: str) -> None:
    # in a thread of its own: an asynchronous fixture may ask for a database too
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(migrate(dsn))).result()


@pytest.fixture(scope="session")
def _template(postgres: Postgres) -> str:
    postgres.query(f"CREATE DATABASE {_TEMPLATE}")
    _migrate(postgres.dsn(_TEMPLATE))
    return _TEMPLATE


@pytest.fixture
def database(postgres: Postgres, _template: str) -> Iterator[str]:
    """Give the DSN of a migrated database that only this test uses."""
    with temporary_database(postgres, "test", _template) as name:
        yield postgres.dsn(name)


@pytest.fixture
def topic_prefix() -> str:
    """Make a test's topics its own, on a broker that all tests share."""
    return f"t{uuid4().hex[:8]}-"
