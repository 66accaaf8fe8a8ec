"""The database alone says where reading goes on.

Neither Kafka's committed offset nor a restored copy can make a record count twice or never.
"""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from devstack.engines import Postgres
from devstack.engines.postgres import program
from tests.integration.events import heartbeat
from tests.integration.headrace import Headrace
from tests.integration.worker import Worker

SPOIL: dict[str, Callable[[Headrace], None]] = {
    "behind": lambda headrace: headrace.topic.commit_as(headrace.group, 10),
    "ahead": lambda headrace: headrace.topic.commit_as(headrace.group, 150),
    "deleted": lambda headrace: headrace.topic.forget_group(headrace.group),
}


@pytest.mark.parametrize("spoil", SPOIL.values(), ids=SPOIL)
def test_what_kafka_holds_as_committed_does_not_matter(
    headrace: Headrace, worker: Worker, spoil: Callable[[Headrace], None]
) -> None:
    headrace.topic.create()
    headrace.topic.produce([heartbeat()] * 100)
    worker.start()
    headrace.wait_for_records(worker, 100)
    worker.stop()

    spoil(headrace)
    headrace.topic.produce([heartbeat()] * 100)
    worker.start()

    headrace.wait_for_records(worker, 200)
    assert_each_offset_once(headrace, 200)


def test_kafka_is_told_how_far_records_are_stored(headrace: Headrace, worker: Worker) -> None:
    headrace.topic.create()
    headrace.topic.produce([heartbeat()] * 7)

    worker.start()
    headrace.wait_for_records(worker, 7)

    worker.wait_until(lambda: headrace.topic.committed_by(headrace.group) == 7, "known to Kafka")


def test_a_database_restored_from_an_older_copy_is_caught_up(
    headrace: Headrace, worker: Worker, postgres: Postgres, tmp_path: Path
) -> None:
    headrace.topic.create()
    headrace.topic.produce([heartbeat()] * 3_000)
    worker.start()
    worker.wait_until(headrace.records_stored, "at its first records")
    copy = tmp_path / "copy.dump"

    run("pg_dump", "--format=custom", f"--file={copy}", headrace.database)
    headrace.topic.produce([heartbeat()] * 2_000)
    headrace.wait_for_records(worker, 5_000)
    worker.stop()
    name = urlsplit(headrace.database).path.removeprefix("/")
    postgres.query(f"DROP DATABASE {name} WITH (FORCE)")
    postgres.query(f"CREATE DATABASE {name}")
    run("pg_restore", f"--dbname={headrace.database}", str(copy))
    worker.start()

    headrace.wait_for_records(worker, 5_000)
    assert_each_offset_once(headrace, 5_000)


def assert_each_offset_once(headrace: Headrace, count: int) -> None:
    assert headrace.query(
        "SELECT count(*), count(DISTINCT kafka_offset), max(kafka_offset) FROM content_sessions"
    ) == [(count, count, count - 1)]
    for view in ("traffic_by_cdn", "traffic_by_asn", "traffic_by_cdn_and_asn"):
        assert headrace.query(f"SELECT sum(events)::int FROM {view}") == [(count,)]  # noqa: S608


def run(name: str, *arguments: str) -> None:
    subprocess.run([program(name), *arguments], check=True, timeout=60, env=os.environ)
