"""A worker, a generator and a Prometheus, all real, that belong together."""

import asyncio
from collections.abc import Iterator
from uuid import uuid4

import pytest

from app.engines import Kafka, Postgres
from app.processes.watchdog import Watchdog
from tests.grafana.alerts.watched import Watched


@pytest.fixture(scope="session")
def watched(
    kafka: Kafka,
    postgres: Postgres,
    _template: str,
    watchdog: Watchdog,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Watched]:
    """Run all five streams, and wait until each has rows and Prometheus has seen them."""
    name = f"watched_{uuid4().hex}"
    folder = tmp_path_factory.mktemp("watched")
    watched = Watched(name, kafka.address, postgres.dsn(name), folder, watchdog)
    postgres.query(f"CREATE DATABASE {name} TEMPLATE {_template}")
    try:
        asyncio.run(watched.start())
        asyncio.run(watched.wait_until_it_stores())
        yield watched
    finally:
        watched.kill()
        postgres.query(f"DROP DATABASE {name} WITH (FORCE)")
