"""The reporter of players, in Node, does with our answers what they are meant for."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from devstack.engines import Kafka
from devstack.processes.watchdog import Watchdog
from tests.edge.edge_process import EdgeProcess, edge_process
from tests.edge.kafka_records import events_of
from tests.edge.players.conftest import REPORTERS, missing
from tests.edge.players.forwarder import Forwarder
from tests.integration.headrace import Headrace

_SECONDS = 90


@pytest.fixture
def sid() -> str:
    return str(uuid4())


@contextmanager
def reporting(edge: EdgeProcess, sid: str, count: int) -> Iterator[subprocess.Popen[str]]:
    """Let a reporter report so many errors."""
    node = shutil.which("node")
    if node is None or not (REPORTERS / "node_modules").is_dir():
        missing("needs Node 20 and: make reporters")
    address = f"http://127.0.0.1:{edge.port}/v1/cmcd?platform=tv"
    command = [node or "node", str(REPORTERS / "send.mjs"), address, sid, str(count)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def statuses(process: subprocess.Popen[str]) -> list[str]:
    return process.communicate(timeout=_SECONDS)[0].split()


def test_a_session_that_is_to_stop_says_no_more(
    kafka: Kafka, tmp_path: Path, watchdog: Watchdog, sid: str
) -> None:
    settings = {"HEADRACE_EDGE_CMCD_SESSIONS_PERCENT": "0"}
    edge = edge_process(kafka.address, tmp_path, watchdog, settings)
    edge.start()

    with reporting(edge, sid, 5) as reporter:
        assert statuses(reporter) == ["410"]

    assert events_of(edge.topic("content_sessions"), sid) == []
    edge.child.kill()


def test_what_kafka_did_not_take_is_sent_again_and_stored_once(
    kafka: Kafka, tmp_path: Path, watchdog: Watchdog, sid: str
) -> None:
    way = Forwarder(kafka.address)
    settings = {"HEADRACE_EDGE_KAFKA_SECONDS": "1", "HEADRACE_BROKER": f"127.0.0.1:{way.port}"}
    edge = edge_process(kafka.address, tmp_path, watchdog, settings)
    edge.child.start()
    edge.wait_until(lambda: lives(edge), "live")

    with reporting(edge, sid, 5) as reporter:
        assert reporter.stdout is not None
        assert reporter.stdout.readline() == "503\n"
        way.open()
        assert statuses(reporter)[-1] == "202"

    beats = events_of(edge.topic("content_sessions"), sid)
    assert [beat["errors"] for beat in beats] == [1] * 5
    edge.child.kill()
    way.close()


def lives(edge: EdgeProcess) -> bool:
    try:
        return edge.ask("GET", "/livez").status == 200
    except OSError:
        return False


def test_reports_become_rows(headrace: Headrace, sid: str) -> None:
    edge = edge_process(headrace.topic.broker, headrace.folder, headrace.watchdog)
    edge.prefix = headrace.prefix
    edge.child.environment = {**edge.child.environment, "HEADRACE_TOPIC_PREFIX": headrace.prefix}
    edge.start()
    worker = headrace.worker()
    worker.start()

    with reporting(edge, sid, 3) as reporter:
        assert set(statuses(reporter)) == {"202"}
    edge.ask("POST", "/v1/cmcd", b"((", {"content-type": "application/cmcd"})

    columns = "session_id, platform, channel, current_cdn, heartbeat_seconds"
    rows = f"SELECT {columns} FROM content_sessions"  # noqa: S608 - names of this file
    worker.wait_until(lambda: len(headrace.query(rows)) == 3, "in the table")
    assert set(headrace.query(rows)) == {(sid, "tv", "film", "fastly", 0)}
    letters = "SELECT reason, payload, context FROM event_dead_letters"
    worker.wait_until(lambda: headrace.query(letters), "in the dead letters")
    ((reason, payload, context),) = headrace.query(letters)
    assert (reason, bytes(payload)) == ("malformed", b"((")
    assert "sent by edge, anyone, CMCD (no dictionary of RFC 8941" in context
    edge.child.kill()
