"""A worker, a generator and a Prometheus, all real, that belong together."""

import asyncio
from collections.abc import Iterator

import pytest

from devstack.engines import Kafka, Postgres
from devstack.processes.watchdog import Watchdog
from tests.databases import temporary_database
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
    folder = tmp_path_factory.mktemp("watched")
    with temporary_database(postgres, "watched", _template) as name:
        watched = Watched(name, kafka.address, postgres.dsn(name), folder, watchdog)
        try:
            asyncio.run(watched.start())
            asyncio.run(watched.wait_until_it_stores())
            yield watched
        finally:
            watched.kill()
