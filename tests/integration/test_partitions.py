"""A topic gets more partitions while workers run."""

from tests.integration.events import heartbeat
from tests.integration.headrace import Headrace
from tests.integration.worker import Worker


def test_new_partitions_are_read_and_counted(headrace: Headrace, worker: Worker) -> None:
    headrace.topic.create(partitions=1)
    worker.start()
    headrace.topic.produce([heartbeat()] * 10, partition=0)
    headrace.wait_for_records(worker, 10)

    headrace.topic.widen(3)
    for partition in range(3):
        headrace.topic.produce([heartbeat()] * 10, partition=partition)
    headrace.wait_for_records(worker, 40)

    assert headrace.query(
        "SELECT kafka_partition, count(*) FROM content_sessions GROUP BY 1 ORDER BY 1"
    ) == [(0, 20), (1, 10), (2, 10)]
    assert headrace.query("SELECT sum(events)::int FROM traffic_by_cdn") == [(40,)]
