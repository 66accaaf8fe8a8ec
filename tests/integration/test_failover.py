"""The primary dies and its replica takes over: what is stored equals what was sent."""

import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from devstack.engines import Kafka, Postgres
from devstack.processes.watchdog import Watchdog
from tests.integration.events import heartbeat
from tests.integration.headrace import Headrace
from tests.integration.topics import Topic
from tests.replication import both, commit_on_both, replica_of, wait_until_streaming

PARTITIONS = 2
_MANY = 20_000

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def replica(own_postgres: Postgres, engine_folder: Path, watchdog: Watchdog) -> Iterator[Postgres]:
    replica = replica_of(own_postgres, engine_folder / uuid4().hex, watchdog)
    yield replica
    replica.kill()


@pytest.fixture
def dsn(own_postgres: Postgres, replica: Postgres) -> str:
    return both(own_postgres, replica)


@pytest.fixture
def headrace(
    kafka: Kafka, dsn: str, topic_prefix: str, tmp_path: Path, watchdog: Watchdog
) -> Iterator[Headrace]:
    """Give an installation whose DSN names both servers."""
    topic = Topic(kafka.address, f"{topic_prefix}content_sessions")
    topic.create(PARTITIONS)
    headrace = Headrace(topic, topic_prefix, dsn, tmp_path, watchdog)
    yield headrace
    for worker in headrace.workers:
        worker.kill()


def test_with_a_synchronous_replica_a_worker_goes_on(
    headrace: Headrace, own_postgres: Postgres, replica: Postgres
) -> None:
    commit_on_both(own_postgres)
    worker = headrace.worker({"HEADRACE_FLUSH_RECORDS": "500"})  # many transactions
    worker.start()
    send(headrace, _MANY)
    worker.wait_until(lambda: headrace.records_stored() > 1_000, "storing")

    own_postgres.kill()
    send(headrace, 100)
    time.sleep(3)  # no server takes writes: the worker waits
    assert worker.child.running, worker.child.tail(200)
    replica.query("SELECT pg_promote()")

    total = PARTITIONS * (_MANY + 100)
    worker.wait_until(lambda: headrace.records_stored() == total, "equal")
    assert_equal(headrace, total)
    assert worker.stop() == 0


def test_what_an_asynchronous_replica_had_not_got_is_read_again_though_nothing_new_comes(
    headrace: Headrace, own_postgres: Postgres, replica: Postgres
) -> None:
    worker = headrace.worker()
    worker.start()
    send(headrace, 1_000)
    headrace.wait_for_records(worker, PARTITIONS * 1_000)
    wait_until_streaming(own_postgres)
    replica.stop()
    send(headrace, 500)
    headrace.wait_for_records(worker, PARTITIONS * 1_500)

    fail_over(own_postgres, replica)

    assert headrace.records_stored() == PARTITIONS * 1_000
    assert "holds less than this worker has stored" in worker.wait_until_it_ends()
    worker.start()
    headrace.wait_for_records(worker, PARTITIONS * 1_500)
    assert_equal(headrace, PARTITIONS * 1_500)


def test_what_an_asynchronous_replica_had_not_got_is_read_again_under_load(
    headrace: Headrace, own_postgres: Postgres, replica: Postgres
) -> None:
    worker = headrace.worker({"HEADRACE_FLUSH_RECORDS": "500"})
    worker.start()
    send(headrace, _MANY)
    worker.wait_until(lambda: headrace.records_stored() > 1_000, "storing")
    replica.stop()
    before = headrace.records_stored()
    send(headrace, _MANY)
    worker.wait_until(lambda: headrace.records_stored() > before + 1_000, "ahead of the replica")

    fail_over(own_postgres, replica)
    send(headrace, 100)

    worker.wait_until_it_ends()
    worker.start()
    total = PARTITIONS * (2 * _MANY + 100)
    headrace.wait_for_records(worker, total)
    assert_equal(headrace, total)


def fail_over(primary: Postgres, replica: Postgres) -> None:
    primary.kill()
    replica.start()
    replica.query("SELECT pg_promote()")


def send(headrace: Headrace, count: int) -> None:
    for partition in range(PARTITIONS):
        headrace.topic.produce([heartbeat()] * count, partition)


def assert_equal(headrace: Headrace, count: int) -> None:
    """Compare rows and sums with what was sent: each record once, all kilobits there."""
    assert headrace.query(
        "SELECT count(*), count(DISTINCT (kafka_partition, kafka_offset)) FROM content_sessions"
    ) == [(count, count)]
    for view in ("traffic_by_cdn", "traffic_by_asn", "traffic_by_cdn_and_asn"):
        [(events, kilobits)] = headrace.query(
            f"SELECT sum(events)::int, sum(kilobits)::bigint FROM {view}"  # noqa: S608
        )
        assert (events, kilobits) == (count, count * 40_000)
