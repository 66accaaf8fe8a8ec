"""The bridge while Kafka is away: everything is told in its form, in a bounded time."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.engines import Kafka
from devstack.place.free_ports import free_port
from devstack.processes.watchdog import Watchdog
from edge.records import Record
from tests.edge.bridge.conftest import TYPE
from tests.edge.edge_process import EdgeProcess, edge_process


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory, watchdog: Watchdog) -> Iterator[EdgeProcess]:
    """Start an edge whose Kafka is not there."""
    folder = tmp_path_factory.mktemp("alone")
    settings = {"HEADRACE_EDGE_KAFKA_SECONDS": "1"}
    edge = edge_process(f"127.0.0.1:{free_port()}", folder, watchdog, settings)
    edge.child.start()
    edge.wait_until(lambda: _is_healthy(edge), "healthy")
    yield edge
    edge.child.kill()


def _is_healthy(edge: EdgeProcess) -> bool:
    try:
        return edge.ask("GET", "/healthy").status == 200
    except OSError:
        return False


def test_it_is_not_ready(alone: EdgeProcess) -> None:
    answer = alone.ask("GET", "/ready")

    assert (answer.status, answer.json["error_code"]) == (500, 500)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_it_asks_to_come_again(alone: EdgeProcess, method: str) -> None:
    path = f"/topics/{alone.prefix}content_sessions"
    body, headers = b'{"records": [{"value": 1}]}', {"content-type": TYPE.format("json")}

    answer = alone.ask(method, path, body if method == "POST" else None, headers)

    assert (answer.status, answer.json["error_code"]) == (503, 503)
    assert int(answer.headers["retry-after"]) > 0


def test_keys_and_headers_wait_for_kafka_within_the_same_bounds() -> None:
    headers: list[tuple[str, str | bytes | None]] = [("h" * 1_000, b"v" * 1_000)]

    record = Record(b"v" * 1_000, b"k" * 1_000, headers=headers)

    assert record.size >= 4_000


def test_the_log_tells_of_records_that_are_lost_while_nobody_waits_for_an_answer(
    own_kafka: Kafka, tmp_path: Path, watchdog: Watchdog
) -> None:
    settings = {"HEADRACE_EDGE_KAFKA_SECONDS": "1"}
    edge = edge_process(own_kafka.address, tmp_path, watchdog, settings)
    edge.start()
    path = f"/topics/{edge.prefix}content_sessions"
    headers = {"content-type": TYPE.format("json")}
    body = b'{"records": [{"value": 1}, {"value": 2}, {"value": 3, "partition": 9}]}'
    assert edge.ask("POST", path, body, headers).status == 200

    own_kafka.child.send(signal.SIGSTOP)
    assert edge.ask("POST", f"{path}?async=true", body, headers).status == 204

    edge.wait_until(
        lambda: "2 records that were sent with ?async=true" in edge.child.tail(), "told"
    )
    edge.child.kill()
