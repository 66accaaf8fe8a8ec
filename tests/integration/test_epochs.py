"""A topic that is not the one that was stored stops the worker, which says what to do."""

import time
from contextlib import suppress

import pytest
from confluent_kafka import KafkaException

from tests.integration.events import heartbeat
from tests.integration.headrace import Headrace
from tests.integration.topics import Topic
from tests.integration.worker import Worker


@pytest.mark.parametrize(
    "count", [pytest.param(10, id="with fewer"), pytest.param(300, id="with more")]
)
def test_a_topic_made_anew_stops_the_worker_until_an_epoch_begins(
    headrace: Headrace, worker: Worker, count: int
) -> None:
    with_old_records_stored(headrace, worker)
    make_anew(headrace, count)

    refused = refusal(worker)
    follow_advice(headrace, worker)

    assert "it was made anew: its id is" in refused
    headrace.wait_for_records(worker, 100 + count)
    assert epochs(headrace) == [(1, "old", 100), (2, "new", count)]


@pytest.mark.parametrize(
    ("count", "found"),
    [
        pytest.param(10, "ends at offset 10", id="with fewer"),
        pytest.param(300, "the record at offset 99 is not the one", id="with more"),
    ],
)
def test_where_no_id_is_known_the_record_that_was_stored_last_tells(
    headrace: Headrace, worker: Worker, count: int, found: str
) -> None:
    with_old_records_stored(headrace, worker)
    headrace.query("UPDATE stream_positions SET topic_id = NULL")  # as an older release left it
    make_anew(headrace, count)

    refused = refusal(worker)
    follow_advice(headrace, worker)

    assert found in refused
    headrace.wait_for_records(worker, 100 + count)


def test_a_topic_made_anew_with_the_same_timestamps_is_noticed(
    headrace: Headrace, worker: Worker
) -> None:
    at = int(time.time() * 1_000)
    headrace.topic.create()
    produce_at(headrace.topic, at, [heartbeat(channel="old")] * 100)
    worker.start()
    headrace.wait_for_records(worker, 100)
    worker.stop()
    headrace.topic.delete()
    headrace.topic.create()
    produce_at(headrace.topic, at, [heartbeat(channel="new")] * 120)

    refused = refusal(worker)
    follow_advice(headrace, worker)

    assert "its id is" in refused
    headrace.wait_for_records(worker, 220)
    assert epochs(headrace) == [(1, "old", 100), (2, "new", 120)]


def test_what_lies_behind_the_last_record_is_not_lost_with_it(
    headrace: Headrace, worker: Worker
) -> None:
    headrace.topic.create()
    transaction(headrace.topic, [heartbeat()] * 10)  # and a marker at offset 10
    worker.start()
    headrace.wait_for_records(worker, 10)
    worker.stop()
    headrace.topic.delete_records(before=11)

    worker.start()
    headrace.topic.produce([heartbeat()])

    headrace.wait_for_records(worker, 11)


def test_aborted_records_that_were_passed_over_are_not_lost_later(
    headrace: Headrace, worker: Worker
) -> None:
    headrace.topic.create()
    headrace.topic.produce([heartbeat()] * 10)
    worker.start()
    headrace.wait_for_records(worker, 10)
    transaction(headrace.topic, [heartbeat()] * 5, commit=False)  # up to its marker at offset 15
    worker.wait_until(lambda: next_offset(headrace) == 16, "told that nothing was there")
    headrace.topic.produce([heartbeat()])
    headrace.wait_for_records(worker, 11)
    transaction(headrace.topic, [heartbeat()] * 5, commit=False)
    worker.wait_until(lambda: next_offset(headrace) == 23, "told so again")
    worker.stop()
    headrace.topic.delete_records(before=23)

    worker.start()
    headrace.topic.produce([heartbeat()])

    headrace.wait_for_records(worker, 12)


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


def make_anew(headrace: Headrace, count: int) -> None:
    headrace.topic.delete()
    headrace.topic.create()
    headrace.topic.produce([heartbeat(channel="new")] * count)


def produce_at(topic: Topic, milliseconds: int, values: list[bytes]) -> None:
    """Produce records that all have this timestamp, as a replayed file has that of its events."""
    producer = topic.producer()
    for value in values:
        producer.produce(topic.name, value, timestamp=milliseconds)
    assert producer.flush(20) == 0


def transaction(topic: Topic, values: list[bytes], *, commit: bool = True) -> None:
    producer = topic.producer(transactional_id=topic.name)
    producer.init_transactions()
    producer.begin_transaction()
    for value in values:
        producer.produce(topic.name, value)
    producer.flush()
    if commit:
        producer.commit_transaction()
    else:
        producer.abort_transaction()


def next_offset(headrace: Headrace) -> int:
    return int(headrace.query("SELECT next_offset FROM stream_positions")[0][0])


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
    with suppress(KafkaException):  # the worker creates what is missing, and may be faster
        headrace.topic.create()
    headrace.topic.produce([heartbeat(channel="new")] * 300)

    said = worker.wait_until_it_ends()
    if "headrace epoch new" not in said:  # it met no topic; a supervisor starts it again
        refusal(worker)

    assert epochs(headrace) == [(1, "old", 101)]
