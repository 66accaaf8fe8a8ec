"""An edge for all tests of a module; a test that kills or configures makes one of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.engines import Kafka
from devstack.processes.watchdog import Watchdog
from tests.edge.edge_process import EdgeProcess, edge_process


@pytest.fixture(scope="module")
def edge(
    kafka: Kafka, tmp_path_factory: pytest.TempPathFactory, watchdog: Watchdog
) -> Iterator[EdgeProcess]:
    """Start an edge with the settings that it has by itself."""
    edge = edge_process(kafka.address, tmp_path_factory.mktemp("edge"), watchdog)
    edge.start()
    yield edge
    edge.child.kill()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path
