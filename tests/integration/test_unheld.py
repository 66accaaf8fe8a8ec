"""A worker that holds partitions and cannot store them is told of by the others."""

import os
import re

from tests.app.commands import headrace as command
from tests.app.commands import runs_at
from tests.integration.events import heartbeat
from tests.integration.headrace import Headrace
from tests.integration.monitoring import health, scrape
from tests.integration.worker import Worker

PARTITIONS = 4
ROLE = f"second_{os.getpid()}"
STREAM = ("content_sessions",)


def test_partitions_of_a_worker_that_lost_its_database_are_told_by_the_other(
    headrace: Headrace,
) -> None:
    headrace.more["HEADRACE_SESSION_TIMEOUT_SECONDS"] = "2"
    headrace.topic.create(PARTITIONS)
    headrace.query(f"CREATE ROLE {ROLE} LOGIN SUPERUSER")
    other_database = {"HEADRACE_DATABASE": headrace.database.replace("postgres@", f"{ROLE}@")}
    asked, other = headrace.worker(), headrace.worker(other_database)
    try:
        asked.start()
        other.start()
        asked.wait_until(lambda: held(asked) == held(other) == PARTITIONS // 2, "half the holder")
        assert told(asked) == 0
        lock_out(headrace)

        for partition in range(PARTITIONS):
            headrace.topic.produce([heartbeat()] * 10, partition)
        asked.wait_until(lambda: told(asked) == PARTITIONS // 2, "telling of the others")

        assert scrape(asked, "headrace_unheld_lag_records")[STREAM] == 10 * PARTITIONS // 2
        said = "2 of 4 partitions are held by nobody who stores them, lag 20 (Kafka gave them to "
        status, answer = health(asked, "readyz")
        assert status == 503
        assert said in answer["reasons"][0]
        assert re.search(r"to \S+ on 127\.0\.0\.1\)", answer["reasons"][0])
        runs_at(headrace.folder, "", "", web=[f"http://127.0.0.1:{asked.port}"])
        shown = command(headrace.folder, "status").stdout
        assert f"content_sessions: {said}" in shown
        assert "lag 20," in shown

        headrace.query(f"ALTER ROLE {ROLE} LOGIN")
        headrace.wait_for_records(other, 10 * PARTITIONS)
        asked.wait_until(lambda: told(asked) == 0, "told that all is well")
        asked.wait_until(lambda: health(asked, "readyz")[0] == 200, "ready")
    finally:
        other.kill()
        headrace.query(f"DROP ROLE {ROLE}")


def told(worker: Worker) -> float:
    return scrape(worker, "headrace_partitions_unheld")[STREAM]


def held(worker: Worker) -> int:
    return sum(len(partitions) for partitions in worker.status().get("partitions", {}).values())


def lock_out(headrace: Headrace) -> None:
    """Refuse every connection of the second worker's, as a changed password does."""
    headrace.query(f"ALTER ROLE {ROLE} NOLOGIN")
    headrace.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1", ROLE
    )
