"""What a worker says is left to store."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psutil
import pytest

from devstack.engines import Kafka, Postgres
from devstack.processes.watchdog import Watchdog
from tests.integration.events import heartbeat
from tests.integration.headrace import Headrace
from tests.integration.topics import Topic
from tests.integration.worker import Worker

_AT_A_TIME = 40_000


@pytest.fixture
def headrace(
    kafka: Kafka, own_postgres: Postgres, topic_prefix: str, tmp_path: Path, watchdog: Watchdog
) -> Iterator[Headrace]:
    topic = Topic(kafka.address, f"{topic_prefix}content_sessions")
    topic.create()
    headrace = Headrace(topic, topic_prefix, own_postgres.dsn(), tmp_path, watchdog)
    yield headrace
    for worker in headrace.workers:
        worker.kill()


def test_it_grows_while_the_database_does_not_answer(
    headrace: Headrace, own_postgres: Postgres
) -> None:
    worker = headrace.worker({"HEADRACE_FLUSH_RECORDS": "10", "HEADRACE_FLUSH_BYTES": "10000"})
    worker.start()
    with frozen(own_postgres):
        for sent in range(_AT_A_TIME, 3 * _AT_A_TIME + 1, _AT_A_TIME):
            headrace.topic.produce([heartbeat()] * _AT_A_TIME)
            worker.wait_until(partial(is_behind, worker, sent), f"{sent} behind")

    headrace.wait_for_records(worker, 3 * _AT_A_TIME)
    worker.wait_until(partial(is_behind, worker, 0), "without lag")


def test_a_kafka_that_does_not_answer_is_asked_again(
    on_own_kafka: Headrace, own_kafka: Kafka
) -> None:
    headrace, worker = on_own_kafka, on_own_kafka.worker()
    worker.start()
    headrace.topic.produce([heartbeat()])
    headrace.wait_for_records(worker, 1)

    broker = psutil.Process(own_kafka.child.pid)
    broker.suspend()
    # aiokafka's own patience is longer than this test's
    unanswered = "Kafka does not say how much there is to read: TimeoutError"
    worker.wait_until(lambda: unanswered in worker.child.tail(100), "without an answer")
    broker.resume()
    headrace.topic.produce([heartbeat()])

    headrace.wait_for_records(worker, 2)
    worker.wait_until(partial(is_behind, worker, 0), "without lag")


def is_behind(worker: Worker, records: int) -> bool:
    partitions = worker.status().get("partitions", {})
    lag = sum(held["lag"] for topic in partitions.values() for held in topic.values())
    return bool(lag == records)


@contextmanager
def frozen(postgres: Postgres) -> Iterator[None]:
    """Stop the server and all its backends, each of which has a session of its own."""
    server = psutil.Process(postgres.child.pid)
    stopped = [server, *server.children(recursive=True)]
    for process in stopped:
        process.suspend()
    try:
        yield
    finally:
        for process in stopped:
            process.resume()
