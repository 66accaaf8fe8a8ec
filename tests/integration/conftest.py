"""A worker process on the session's broker, with a database and topics of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.engines import Kafka
from devstack.processes.watchdog import Watchdog
from tests.integration.headrace import Headrace
from tests.integration.topics import Topic
from tests.integration.worker import Worker
from tests.sinks.parquet.conftest import _gateway_program, gateway

__all__ = ["_gateway_program", "gateway"]


@pytest.fixture
def headrace(
    kafka: Kafka, database: str, topic_prefix: str, tmp_path: Path, watchdog: Watchdog
) -> Iterator[Headrace]:
    topic = Topic(kafka.address, f"{topic_prefix}content_sessions")
    headrace = Headrace(topic, topic_prefix, database, tmp_path, watchdog)
    yield headrace
    for worker in headrace.workers:
        worker.kill()


@pytest.fixture
def on_own_kafka(
    own_kafka: Kafka, database: str, topic_prefix: str, tmp_path: Path, watchdog: Watchdog
) -> Iterator[Headrace]:
    """Give an installation whose broker this test may freeze and kill."""
    topic = Topic(own_kafka.address, f"{topic_prefix}content_sessions")
    topic.create()
    headrace = Headrace(topic, topic_prefix, database, tmp_path, watchdog)
    yield headrace
    for worker in headrace.workers:
        worker.kill()


@pytest.fixture
def worker(headrace: Headrace) -> Worker:
    """Make a worker; the test starts it."""
    return headrace.worker()
