"""A topic that is not the one that was stored stops the worker, which says what to do."""

import pytest

from tests.integration.events import heartbeat
from tests.integration.headrace import Headrace
from tests.integration.worker import Worker


@pytest.mark.parametrize(
    ("count", "found"),
    [
        pytest.param(10, "ends at offset 10", id="with fewer"),
        pytest.param(300, "the record at offset 99 is not the one", id="with more"),
    ],
)
def test_a_topic_made_anew_stops_the_worker_until_an_epoch_begins(
    headrace: Headrace, worker: Worker, count: int, found: str
) -> None:
    with_old_records_stored(headrace, worker)
    headrace.topic.delete()
    headrace.topic.create()
    headrace.topic.produce([heartbeat(channel="new")] * count)

    refused = refusal(worker)
    follow_advice(headrace, worker)

    assert found in refused
    headrace.wait_for_records(worker, 100 + count)
    assert epochs(headrace) == [(1, "old", 100), (2, "new", count)]


def test_records_lost_to_retention_stop_the_worker_until_an_epoch_begins(
    headrace: Headrace, worker: Worker
) -> None:
    with_old_records_stored(headrace, worker)
    headrace.topic.produce([heartbeat(channel="new")] * 50)
    headrace.topic.delete_records(before=120)

    refused = refusal(worker)
    follow_advice(headrace, worker)

    assert "retention took 20 records" in refused
    headrace.wait_for_records(worker, 130)
    assert epochs(headrace) == [(1, "old", 100), (2, "new", 30)]


def with_old_records_stored(headrace: Headrace, worker: Worker) -> None:
    headrace.topic.create()
    headrace.topic.produce([heartbeat(channel="old")] * 100)
    worker.start()
    headrace.wait_for_records(worker, 100)
    worker.stop()


def refusal(worker: Worker) -> str:
    """Start the worker, which has to stop by itself; return what it said."""
    worker.child.start()
    said = worker.wait_until_it_ends()
    assert worker.child.returncode != 0
    assert "headrace epoch new" in said
    return said


def follow_advice(headrace: Headrace, worker: Worker) -> None:
    done = headrace.run("app", "epoch", "new", headrace.topic.name)
    assert (done.returncode, "epoch 2 begins" in done.stdout) == (0, True), done.stderr
    worker.start()


def epochs(headrace: Headrace) -> list[tuple[object, ...]]:
    return headrace.query(
        "SELECT epoch, channel, count(*) FROM content_sessions GROUP BY 1, 2 ORDER BY 1, 2"
    )


def test_a_topic_made_anew_under_a_running_worker_stops_it(
    headrace: Headrace, worker: Worker
) -> None:
    with_old_records_stored(headrace, worker)
    worker.start()
    headrace.topic.produce([heartbeat(channel="old")])
    headrace.wait_for_records(worker, 101)
    headrace.topic.delete()
    headrace.topic.create()
    headrace.topic.produce([heartbeat(channel="new")] * 300)

    said = worker.wait_until_it_ends()

    assert "headrace epoch new" in said
    assert epochs(headrace) == [(1, "old", 101)]
