"""A worker's log says in which way the database cuts its tables."""

from tests.integration.headrace import Headrace
from tests.integration.worker import Worker


def test_a_worker_says_which_way_was_chosen_once(headrace: Headrace, worker: Worker) -> None:
    headrace.topic.create()
    worker.start()

    worker.wait_until(lambda: "the database: " in worker.child.tail(400), "connected")

    said = [line for line in worker.child.tail(400).splitlines() if "the database: " in line]
    assert len(said) == 1
    assert "tables are cut into PostgreSQL's own partitions" in said[0]
