"""A sink of somebody else's: as a wheel, by the contract's tests, and with a worker of its role."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from devstack.engines import Kafka
from devstack.processes.watchdog import Watchdog
from tests.integration.events import heartbeat
from tests.integration.headrace import Headrace
from tests.integration.topics import Topic

_REPOSITORY = Path(__file__).parents[2]
_YAML = "sinks: {{lite: {{kind: sqlite, path: {path}, flush_seconds: 0.1}}}}"


def test_its_wheel_passes_the_tests_of_every_sink(package: Path, installed: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=package / "tests",
        env=os.environ | {"PYTHONPATH": f"{installed}{os.pathsep}{_REPOSITORY}"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout
    passed = re.search(r"(\d+) passed, 2 skipped", done.stdout)  # it takes every row, counts none
    assert passed is not None, done.stdout
    assert int(passed[1]) >= 20


def test_a_worker_of_its_role_stores_every_record_once_over_a_kill(
    kafka: Kafka, topic_prefix: str, tmp_path: Path, watchdog: Watchdog, installed: Path
) -> None:
    (tmp_path / "headrace.yaml").write_text(_YAML.format(path=tmp_path))
    topic = Topic(kafka.address, f"{topic_prefix}content_sessions")
    headrace = Headrace(
        topic, topic_prefix, "postgresql://nobody@127.0.0.1:1/none", tmp_path, watchdog
    )
    headrace.more = {
        "HEADRACE_CONFIG": str(tmp_path / "headrace.yaml"),
        "PYTHONPATH": f"{installed}{os.pathsep}{_REPOSITORY}",
    }
    sent = [f"s{number}" for number in range(1_000)]
    sink = headrace.worker({"HEADRACE_ROLE": "lite"})
    try:
        sink.start()
        for number in range(0, 1_000, 200):
            topic.produce([heartbeat(session_id=one) for one in sent[number : number + 200]])
            if number == 400:
                sink.kill()
                sink.start()
        sink.wait_until(lambda: len(_sessions(tmp_path)) >= 1_000, "at 1,000 rows")
    finally:
        sink.kill()

    assert _sessions(tmp_path) == sent


def test_a_kind_that_is_not_installed_is_told_from_those_that_are(
    tmp_path: Path, installed: Path
) -> None:
    (tmp_path / "headrace.yaml").write_text(_YAML.format(path=tmp_path))

    without, with_it = (_check(tmp_path, path) for path in ("", str(installed)))

    assert (without.returncode, with_it.returncode) == (2, 0), with_it.stderr
    assert "no such kind of sink; did you mean" in without.stderr or "there are" in without.stderr
    assert "Sinks: lite" in with_it.stdout


def _check(folder: Path, path: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app", "config", "check"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": f"{path}{os.pathsep}{_REPOSITORY}"},
        capture_output=True,
        text=True,
        check=False,
    )


def _sessions(folder: Path) -> list[str]:
    file = folder / "content_sessions.sqlite"
    if not file.exists():
        return []
    with closing(sqlite3.connect(file)) as db:
        found = db.execute("SELECT event FROM records ORDER BY kafka_offset").fetchall()
    return [json.loads(event)["session_id"] for (event,) in found]
