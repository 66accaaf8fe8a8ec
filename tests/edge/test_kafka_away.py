"""Kafka and edges that are killed under load: what was answered with 202 is in the topic."""

import json
from collections import Counter
from pathlib import Path

import psutil
import pytest

from devstack.engines import Kafka
from devstack.processes.watchdog import Watchdog
from tests.edge.edge_process import EdgeProcess, edge_process
from tests.edge.load import Load, load
from tests.edge.topics import everything

STREAM = "content_sessions"
BRIEF = {"HEADRACE_EDGE_KAFKA_SECONDS": "3", "HEADRACE_EDGE_PENDING_BYTES": "1048576"}


@pytest.fixture
def away(own_kafka: Kafka, tmp_path: Path, watchdog: Watchdog) -> EdgeProcess:
    """Start an edge that waits three seconds for a broker that may be killed."""
    edge = edge_process(own_kafka.address, tmp_path, watchdog, BRIEF)
    edge.start()
    return edge


def test_what_was_taken_is_in_the_topic_once_whatever_kafka_does(
    away: EdgeProcess, own_kafka: Kafka
) -> None:
    with load(away, STREAM) as sent:
        sent.wait_for_more()
        own_kafka.kill()
        sent.wait_until(lambda it: it.answers[503] >= 20, "told that Kafka is away")
        away.wait_until(lambda: away.ask("GET", "/readyz").status == 503, "not ready")
        assert away.ask("GET", "/livez").status == 200
        own_kafka.start()
        away.wait_until(lambda: away.ask("GET", "/readyz").status == 200, "ready again")
        sent.wait_for_more()

    assert set(sent.answers) == {202, 503}
    compare(away, sent)
    away.child.stop()


def test_a_broker_that_comes_back_in_time_is_not_noticed(
    away: EdgeProcess, own_kafka: Kafka
) -> None:
    with load(away, STREAM) as sent:
        sent.wait_for_more()
        own_kafka.child.send(19)  # SIGSTOP: it answers nothing and closes nothing
        sent.wait_until(lambda it: len(it.sent) > len(it.taken), "waiting")
        own_kafka.child.send(18)
        sent.wait_for_more()

    assert sent.failed == 0
    compare(away, sent)
    away.child.stop()


def test_while_kafka_is_away_memory_does_not_grow_and_a_503_says_when_to_come_again(
    away: EdgeProcess, own_kafka: Kafka
) -> None:
    own_kafka.kill()
    with load(away, STREAM, clients=16) as sent:
        sent.wait_until(lambda it: it.answers[503] >= 50, "told that Kafka is away")
        before = memory(away)
        sent.wait_until(lambda it: it.answers[503] >= 1_000, "told often")
        answer = away.post(STREAM, b"{}")

    assert set(sent.answers) == {503}
    assert (answer.status, answer.headers["content-type"]) == (503, "application/problem+json")
    assert int(answer.headers["retry-after"]) > 0
    assert memory(away) < before + 32 * 2**20
    away.child.stop()


def test_what_was_taken_is_in_the_topic_when_the_edge_is_killed(
    kafka: Kafka, tmp_path: Path, watchdog: Watchdog
) -> None:
    edge = edge_process(kafka.address, tmp_path, watchdog)
    edge.start()

    with load(edge, STREAM) as sent:
        for _ in range(3):
            sent.wait_for_more()
            edge.child.kill()
            edge.child.start()
        sent.wait_for_more()
        edge.child.stop()  # requests under way are answered
        edge.child.start()
        sent.wait_for_more()

    assert set(sent.answers) == {202}
    compare(edge, sent)
    edge.child.stop()


def test_a_process_whose_parent_is_killed_ends(
    kafka: Kafka, tmp_path: Path, watchdog: Watchdog
) -> None:
    edge = edge_process(kafka.address, tmp_path, watchdog)
    edge.start()
    parent = psutil.Process(edge.child.pid)
    served = parent.children(recursive=True)

    parent.kill()

    _, alive = psutil.wait_procs(served, timeout=60)
    assert alive == []
    edge.child.stop()


def compare(edge: EdgeProcess, sent: Load) -> None:
    """Every event that was taken is there once, and of the others none twice."""
    there = Counter(
        json.loads(it.value() or b"")["session_id"] for it in everything(edge.topic(STREAM))
    )
    assert [it for it in sent.taken if it not in there] == []
    assert {it: n for it, n in there.items() if n > 1} == {}
    assert set(there) <= set(sent.sent)


def memory(edge: EdgeProcess) -> int:
    process = psutil.Process(edge.child.pid)
    return sum(it.memory_info().rss for it in [process, *process.children(recursive=True)])
