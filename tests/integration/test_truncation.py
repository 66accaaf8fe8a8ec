"""Kafka loses the newest records of a topic after they were stored: a power cut, as a rule.

Nothing counts twice and nothing that came since is left out, whether the topic has grown again when
a worker looks or not.
"""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.engines import Kafka
from devstack.processes.watchdog import Watchdog
from tests.integration.events import heartbeat
from tests.integration.headrace import Headrace
from tests.integration.topics import Topic
from tests.integration.truncation import lose_records
from tests.integration.worker import Worker

pytestmark = pytest.mark.timeout(300)  # a broker is started twice, and a worker three times


@pytest.fixture
def headrace(
    own_kafka: Kafka, database: str, topic_prefix: str, tmp_path: Path, watchdog: Watchdog
) -> Iterator[Headrace]:
    """Make an installation whose topic has 100 records, the last five in a batch of their own."""
    topic = Topic(own_kafka.address, f"{topic_prefix}content_sessions")
    topic.create()
    topic.produce([heartbeat(channel="old")] * 95)
    topic.produce([heartbeat(channel="lost")] * 5)
    headrace = Headrace(topic, topic_prefix, database, tmp_path, watchdog)
    yield headrace
    for worker in headrace.workers:
        worker.kill()


@pytest.mark.parametrize("grown", [0, 3, 10])
def test_a_truncated_topic_stops_the_worker_until_it_is_resumed(
    headrace: Headrace, own_kafka: Kafka, grown: int
) -> None:
    worker = headrace.worker()
    worker.start()
    headrace.wait_for_records(worker, 100)
    worker.stop()
    lose_records(own_kafka, headrace.topic.name, first_lost=95)
    own_kafka.start()
    headrace.topic.produce([heartbeat(channel="new")] * grown)

    worker.child.start()
    said = worker.wait_until_it_ends()

    assert f"epoch resume-after-truncation {headrace.topic.name}" in said
    assert "Kafka lost its newest records" in said
    assert_only_new_records_are_counted(headrace, worker, grown)


def test_a_frozen_worker_does_not_read_on_in_a_log_that_is_another(
    headrace: Headrace, own_kafka: Kafka
) -> None:
    worker = headrace.worker({"HEADRACE_SESSION_TIMEOUT_SECONDS": "10"})
    worker.start()
    headrace.wait_for_records(worker, 100)
    worker.child.send(signal.SIGSTOP)
    lose_records(own_kafka, headrace.topic.name, first_lost=95)
    own_kafka.start()
    headrace.topic.produce([heartbeat(channel="new")] * 10)

    worker.child.send(signal.SIGCONT)
    said = worker.wait_until_it_ends()

    assert "from offset 95 on" in said
    worker.child.start()
    assert "epoch resume-after-truncation" in worker.wait_until_it_ends()
    assert_only_new_records_are_counted(headrace, worker, 10)


def assert_only_new_records_are_counted(headrace: Headrace, worker: Worker, grown: int) -> None:
    """Follow the advice, not the one for another case, and count what is stored then."""
    refused = headrace.run("app", "epoch", "new", headrace.topic.name)
    assert (refused.returncode, "resume-after-truncation" in refused.stderr) == (1, True)
    done = headrace.run("app", "epoch", "resume-after-truncation", headrace.topic.name)
    assert (done.returncode, "goes on at offset 95" in done.stdout) == (0, True), done.stderr

    worker.start()
    headrace.topic.produce([heartbeat(channel="new")] * 10)

    headrace.wait_for_records(worker, 110 + grown)
    assert headrace.query(
        "SELECT epoch, channel, count(*) FROM content_sessions GROUP BY 1, 2 ORDER BY 1, 2"
    ) == [(1, "lost", 5), (1, "old", 95), (2, "new", 10 + grown)]
