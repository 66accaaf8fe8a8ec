"""A worker joins its group only once its database has answered."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.engines import Kafka, Postgres
from devstack.processes.watchdog import Watchdog
from tests.integration.events import heartbeat
from tests.integration.headrace import Headrace
from tests.integration.monitoring import health
from tests.integration.topics import Topic
from tests.integration.worker import Worker
from tests.passwords import dsn_with, require_password

RIGHT, WRONG = "right-4c1d", "wrong-8e2b"
PARTITIONS = 2
REASON = (
    "waiting for the database: HEADRACE_DATABASE: PostgreSQL refuses the user or the password. "
    "Correct them, or the server's pg_hba.conf"
)
_STEADY_SECONDS = 8.0


@pytest.fixture
def headrace(
    kafka: Kafka, own_postgres: Postgres, topic_prefix: str, tmp_path: Path, watchdog: Watchdog
) -> Iterator[Headrace]:
    """Give an installation whose database asks one user for a password.

    Its other workers come in by a user who needs none: one that has to connect anew goes on.
    """
    require_password(own_postgres, RIGHT)
    topic = Topic(kafka.address, f"{topic_prefix}content_sessions")
    headrace = Headrace(topic, topic_prefix, own_postgres.dsn(), tmp_path, watchdog)
    yield headrace
    for worker in headrace.workers:
        worker.kill()


def held(worker: Worker, headrace: Headrace) -> int:
    return len(worker.status().get("partitions", {}).get(headrace.topic.name, {}))


def test_one_with_a_wrong_password_waits_says_so_and_holds_nothing(
    headrace: Headrace, own_postgres: Postgres
) -> None:
    headrace.topic.create(PARTITIONS)
    good = headrace.worker()
    bad = headrace.worker({"HEADRACE_DATABASE": dsn_with(own_postgres, WRONG)})
    good.start()

    bad.child.start()
    bad.wait_until(lambda: health(bad, "readyz")[0] == 503, "up")
    bad.wait_until(lambda: health(bad, "readyz")[1]["reasons"] == [REASON], "waiting")
    assert health(bad, "livez")[0] == 200
    until = time.monotonic() + _STEADY_SECONDS
    while time.monotonic() < until:
        assert held(good, headrace) == PARTITIONS
        time.sleep(0.2)
    for partition in range(PARTITIONS):
        headrace.topic.produce([heartbeat()] * 5, partition)
    headrace.wait_for_records(good, 5 * PARTITIONS)

    own_postgres.query(f"ALTER ROLE bob PASSWORD '{WRONG}'")
    bad.wait_until(lambda: held(bad, headrace) == held(good, headrace) == 1, "sharing")

    log = bad.child.log.read_text(encoding="utf-8")
    assert "waiting for the database: HEADRACE_DATABASE" in log
    assert RIGHT not in log
    assert WRONG not in log


def test_one_that_waits_for_its_database_stops_when_told(
    headrace: Headrace, own_postgres: Postgres
) -> None:
    worker = headrace.worker({"HEADRACE_DATABASE": dsn_with(own_postgres, WRONG)})
    worker.child.start()
    worker.wait_until(lambda: health(worker, "readyz")[0] == 503, "waiting")

    assert worker.stop() == 0
