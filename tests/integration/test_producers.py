"""What producers do with Kafka: compress, begin transactions and abort them."""

import pytest

from tests.integration.events import heartbeat
from tests.integration.headrace import Headrace
from tests.integration.worker import Worker

CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]


def test_compressed_records_are_read_with_every_codec(headrace: Headrace, worker: Worker) -> None:
    headrace.topic.create()
    for codec in CODECS:
        headrace.topic.produce([heartbeat(channel=codec)] * 100, compression_type=codec)

    worker.start()
    headrace.wait_for_records(worker, 100 * len(CODECS))

    channels = headrace.query("SELECT channel, count(*) FROM content_sessions GROUP BY channel")
    assert dict(channels) == dict.fromkeys(CODECS, 100)


@pytest.mark.parametrize(
    "running",
    [pytest.param(True, id="while the worker runs"), pytest.param(False, id="before it starts")],
)
def test_an_aborted_transaction_is_not_counted(
    headrace: Headrace, worker: Worker, *, running: bool
) -> None:
    headrace.topic.create()
    if running:
        worker.start()

    producer = headrace.topic.producer(transactional_id=headrace.prefix)
    producer.init_transactions()
    for channel, end in [
        ("first", producer.commit_transaction),
        ("never", producer.abort_transaction),
        ("never", producer.abort_transaction),
        ("second", producer.commit_transaction),
        ("never", producer.abort_transaction),
    ]:
        producer.begin_transaction()
        for _ in range(10):
            producer.produce(headrace.topic.name, heartbeat(channel=channel))
        producer.flush()
        end()
    headrace.topic.produce([heartbeat(channel="plain")])
    if not running:
        worker.start()
    headrace.wait_for_records(worker, 21)

    channels = headrace.query("SELECT channel, count(*) FROM content_sessions GROUP BY channel")
    assert dict(channels) == {"first": 10, "second": 10, "plain": 1}
    worker.wait_until(lambda: _lag(worker) == 0, "without lag behind the markers")


def test_an_aborted_transaction_at_the_end_is_no_lag(headrace: Headrace, worker: Worker) -> None:
    headrace.topic.create()
    worker.start()
    headrace.topic.produce([heartbeat()])
    producer = headrace.topic.producer(transactional_id=headrace.prefix)
    producer.init_transactions()
    producer.begin_transaction()
    for _ in range(3):
        producer.produce(headrace.topic.name, heartbeat())
    producer.flush()

    headrace.wait_for_records(worker, 1)
    open_lag = _lag(worker)
    producer.abort_transaction()

    # one record, three that were aborted, and the marker
    worker.wait_until(lambda: _stored(worker) == 5, "beyond what was aborted")
    assert (open_lag, _lag(worker)) == (0, 0)


def test_nothing_is_read_twice_after_a_restart_behind_an_aborted_transaction(
    headrace: Headrace, worker: Worker
) -> None:
    headrace.topic.create()
    producer = headrace.topic.producer(transactional_id=headrace.prefix)
    producer.init_transactions()
    headrace.topic.produce([heartbeat()])
    worker.start()
    headrace.wait_for_records(worker, 1)

    producer.begin_transaction()
    producer.produce(headrace.topic.name, heartbeat(channel="never"))
    producer.flush()
    producer.abort_transaction()
    worker.restart()
    headrace.topic.produce([heartbeat()])

    headrace.wait_for_records(worker, 2)


def _lag(worker: Worker) -> int:
    partitions = worker.status()["partitions"]
    return sum(held["lag"] for topic in partitions.values() for held in topic.values())


def _stored(worker: Worker) -> int:
    partitions = worker.status()["partitions"]
    return sum(held["stored"] for topic in partitions.values() for held in topic.values())
