"""What an edge consists of."""

import shutil
import sys
from pathlib import Path

import psutil
import pytest

from config.edge_settings import EdgeSettings
from devstack.engines import Kafka
from devstack.processes.watchdog import Watchdog
from edge.server import Serving
from tests.edge.edge_process import EdgeProcess, edge_process
from tests.integration.events import heartbeat


def test_the_process_that_takes_no_requests_holds_little(edge: EdgeProcess) -> None:
    first = psutil.Process(edge.child.pid)
    serving = [it for it in first.children(recursive=True) if it.memory_info().rss > 2**20]

    assert serving
    for process in serving:
        assert first.memory_info().rss < process.memory_info().rss * 0.6


def test_folders_where_it_is_started_are_not_taken_for_its_own(
    kafka: Kafka, folder: Path, watchdog: Watchdog
) -> None:
    for name in ("edge", "config", "models"):
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text("raise RuntimeError('not ours')")
    edge = edge_process(kafka.address, folder, watchdog)
    headrace = shutil.which("headrace", path=str(Path(sys.executable).parent))
    assert headrace is not None
    edge.child.command = ["env", "-C", str(folder), headrace, "edge"]
    try:
        edge.start()
        assert edge.post("content_sessions", heartbeat()).status == 202
    finally:
        edge.child.kill()


def test_a_process_is_not_killed_before_kafka_may_have_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With 45 s and a Kafka that stands still, a request under way had no answer after 30."""
    monkeypatch.setenv("HEADRACE_EDGE_KAFKA_SECONDS", "45")

    told = EdgeSettings().model_dump(include=set(Serving._fields))

    assert Serving(**told).ends_seconds >= 2 * 45
