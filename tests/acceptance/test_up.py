"""`headrace up` as a person has it: real engines, worker and generator, killed and compared."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from devstack.engines import Kafka, Postgres
from devstack.engines.grafana import Grafana
from devstack.measure.worker_status import fetch
from devstack.place.data_dir import DataDir
from devstack.place.up_file import UpFile
from devstack.processes.identity import Identity

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(240)]

HEADRACE = (sys.executable, "-m", "app")
STARTED_SECONDS = 60.0


@pytest.fixture
def home(kafka: Kafka, postgres: Postgres) -> Iterator[DataDir]:
    """Make a place for a run of its own; the engines of other tests prove that there are some."""
    del kafka, postgres
    # Not pytest's own: that is closed to the user that PostgreSQL has under root
    with tempfile.TemporaryDirectory(prefix="headrace-up-") as folder:
        home = DataDir(Path(folder) / "home")
        yield home
        headrace(home, "down")


def environment(home: DataDir) -> dict[str, str]:
    others = {name: it for name, it in os.environ.items() if not name.startswith("HEADRACE_")}
    return others | {"HEADRACE_HOME": str(home.folder)}


def headrace(home: DataDir, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*HEADRACE, *arguments],
        env=environment(home) | settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )


@pytest.fixture
def running(home: DataDir) -> Iterator[subprocess.Popen[str]]:
    """Run without an end, until every part is there and rows are stored."""
    with run_without_end(home) as up:
        yield up


@pytest.fixture
def running_with_a_sink(home: DataDir) -> Iterator[subprocess.Popen[str]]:
    document = home.folder.parent / "headrace.yaml"
    lines = home.folder.parent / "lines"
    events = home.folder.parent / "events.jsonl"
    events.write_text("no event, but a line\n")
    document.write_text(
        f"sinks: {{lines: {{kind: file, path: {lines}, streams: [purchases]}}}}\n"
        f"sources:\n  events: {{kind: file, stream: purchases, path: {events}}}\n"
        f"  past: {{kind: file, stream: purchases, path: {events}, once: true}}\n"
    )
    with run_without_end(home, HEADRACE_CONFIG=str(document)) as up:
        yield up


@contextmanager
def run_without_end(home: DataDir, **settings: str) -> Iterator[subprocess.Popen[str]]:
    command = [*HEADRACE, "up", "--events-per-second", "500"]
    with subprocess.Popen(
        command,
        env=environment(home) | settings,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as up:
        try:
            wait_until_it_stores(home, up)
            yield up
        finally:
            up.kill()


def wait_until_it_stores(home: DataDir, up: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + STARTED_SECONDS
    while not stores(home):
        assert up.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.2)


def stores(home: DataDir) -> bool:
    file = UpFile.read(home.up_file)
    if file is None:
        return False
    status = fetch(file.addresses.web[0])
    return status is not None and status.rows_stored > 0


def processes(home: DataDir) -> dict[str, Identity]:
    file = UpFile.read(home.up_file)
    assert file is not None
    return {process.name: process.identity for process in file.processes}


def test_two_runs_with_an_end_store_exactly_what_they_produce_though_a_worker_is_killed(
    home: DataDir,
) -> None:
    first = headrace(home, "up", "--duration", "8s", "--kill", "worker")
    second = headrace(home, "up", "--duration", "4s", "--workers", "2", "--seed", "2")

    assert first.returncode == 0, first.stdout + first.stderr
    assert "Killing worker-1 with -9" in first.stdout
    assert "Equal: every total" in first.stdout
    assert second.returncode == 0, second.stdout + second.stderr
    assert not home.up_file.exists()


def test_a_further_sink_gets_a_worker_which_stores_each_record_once(home: DataDir) -> None:
    lines = home.folder.parent / "lines"
    document = home.folder.parent / "headrace.yaml"
    document.write_text(f"sinks: {{lines: {{kind: file, path: {lines}, streams: [purchases]}}}}")

    up = headrace(home, "up", "--duration", "4s", HEADRACE_CONFIG=str(document))

    assert up.returncode == 0, up.stdout + up.stderr
    folders = [folder for folder in (lines / "purchases").iterdir() if folder.is_dir()]
    assert len(folders) > 1
    for folder in folders:
        rows = "".join(file.read_text() for file in folder.glob("*.jsonl")).splitlines()
        offsets = [json.loads(row)["kafka_offset"] for row in rows]
        assert offsets
        assert len(offsets) == len(set(offsets))


def test_kill_9_of_the_supervisor_leaves_no_process_behind(
    home: DataDir, running: subprocess.Popen[str]
) -> None:
    started = processes(home)
    assert {"generator", "worker-1", "Kafka", "PostgreSQL"} <= set(started)
    assert ("Prometheus" in started) == bool(shutil.which("prometheus"))

    running.kill()

    left = [name for name, identity in started.items() if not identity.wait(60)]
    assert left == []


def test_ctrl_c_stops_everything_and_is_no_failure(
    home: DataDir, running: subprocess.Popen[str]
) -> None:
    started = processes(home)

    running.send_signal(signal.SIGINT)
    output, _ = running.communicate(timeout=90)

    assert running.returncode == 0
    assert "All stopped." in output
    assert [name for name, identity in started.items() if identity.process()] == []


def test_status_and_down_work_from_outside(
    home: DataDir, running_with_a_sink: subprocess.Popen[str]
) -> None:
    jobs = ("headrace-worker", "headrace-sink", "headrace-source", "headrace-edge")
    alive = [scraped(home, job) for job in jobs]
    status = status_with_a_write(home)
    second = headrace(home, "up")
    down = headrace(home, "down", "--erase")

    assert status.stdout.startswith("page      http://127.0.0.1:")
    assert "\nkafka     127.0.0.1:" in status.stdout
    assert "stored" in status.stdout
    assert re.search(
        r"\nsink +lines: stored [\d,]+/s .*partitions 4, lag .*rejected 0, last write \d+ s ago",
        status.stdout,
    ), status.stdout
    assert "\nsink page http://127.0.0.1:" in status.stdout
    assert re.search(
        r"\nway in +source-events: running, sends [\d,]+/s \(1 events\), .*gaps 0, filled 0",
        status.stdout,
    ), status.stdout
    assert "\nsource    source-past has ended\n" in status.stdout
    assert "\nway in    source-past: has ended: it has read all\n" in status.stdout
    assert "\nway in    edge: ready, takes 0/s (0 events), refused 0\n" in status.stdout
    assert alive == [1, 1, alive[2], 1]
    assert alive[2] in {1, 2}  # one of the two sources ends when it has read all
    assert second.returncode == 2
    assert "already runs" in second.stderr
    assert down.stdout.startswith("Stopped headrace up, ")
    assert "Removed" in down.stdout
    assert not home.folder.exists()
    assert running_with_a_sink.wait(10) == 0


def status_with_a_write(home: DataDir) -> subprocess.CompletedProcess[str]:
    """Ask until the sink has written, and the source of the past has ended."""
    deadline = time.monotonic() + STARTED_SECONDS
    while True:
        status = headrace(home, "status")
        waits = any(told in status.stdout for told in ("last write -", "does not answer"))
        if not waits and "source-past has ended" in status.stdout:
            return status
        assert time.monotonic() < deadline, status.stdout


@pytest.mark.usefixtures("running")
def test_psql_send_and_doctor_find_a_run_though_nobody_copied_a_port(home: DataDir) -> None:
    event = {
        "time": datetime.now(UTC).isoformat(),
        "session_id": "mine",
        "platform": "web",
        "channel": "news",
        "asn": 64500,
        "current_cdn": "Akamai",
        "video_profile_kbps": 4500,
    }

    doctor = headrace(home, "doctor", "--json")
    sent = headrace(home, "send", "content_sessions", json.dumps(event))
    said = re.search(r'psql -c "(.*)"', sent.stdout)

    assert sent.returncode == 0, sent.stderr
    assert said
    deadline = time.monotonic() + STARTED_SECONDS
    while "mine" not in headrace(home, "psql", "--reader", "-c", said[1]).stdout:
        assert time.monotonic() < deadline
    assert doctor.returncode == 0, doctor.stdout
    assert json.loads(doctor.stdout)["ok"] is True


def test_engines_that_run_elsewhere_are_used_and_left_alone(
    home: DataDir, kafka: Kafka, database: str, topic_prefix: str
) -> None:
    elsewhere = {
        "HEADRACE_BROKER": kafka.address,
        "HEADRACE_DATABASE": database,
        "HEADRACE_TOPIC_PREFIX": topic_prefix,
        "HEADRACE_APP_ID": f"{topic_prefix}core",
    }

    up = headrace(home, "up", "--duration", "4s", **elsewhere)

    assert up.returncode == 0, up.stdout + up.stderr
    assert f"kafka     {kafka.address}" in up.stdout
    assert "Kafka and PostgreSQL" not in up.stdout
    assert "Starting" not in up.stdout
    assert kafka.is_ready()
    assert not home.kafka.exists()
    assert not home.postgres.exists()


def test_a_broker_that_is_killed_is_started_again(
    home: DataDir, running: subprocess.Popen[str]
) -> None:
    before = processes(home)["Kafka"]

    before.kill_tree()

    deadline = time.monotonic() + STARTED_SECONDS
    while processes(home).get("Kafka", before) == before or not stores(home):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert running.poll() is None


def test_a_folder_that_holds_something_else_is_left_alone(home: DataDir) -> None:
    home.folder.mkdir()
    (home.folder / "letters.txt").write_text("dear")

    up, down = headrace(home, "up"), headrace(home, "down", "--erase")

    assert (up.returncode, down.returncode) == (2, 2)
    assert "holds something that headrace did not make" in down.stderr
    assert (home.folder / "letters.txt").exists()


def test_up_json_names_every_address(
    home: DataDir, running_with_a_sink: subprocess.Popen[str]
) -> None:
    content = json.loads(home.up_file.read_text())

    assert content["kafka"].startswith("127.0.0.1:")
    assert content["postgres"].startswith("postgresql://")
    assert len(content["web"]) == 1
    assert len(content["metrics"]) == 2
    assert content["edge"].startswith("http://127.0.0.1:")
    assert "edge" in content["pids"]
    assert (content["prometheus"] is None) == (shutil.which("prometheus") is None)
    assert (content["grafana"] is None) == (Grafana.found() is None)
    assert content["pids"]["headrace up"] == running_with_a_sink.pid
    assert list(content["sinks"]) == ["lines"]
    assert content["sinks"]["lines"]["web"].startswith("http://127.0.0.1:")
    place = urlsplit(content["sinks"]["lines"]["metrics"])
    with urllib.request.urlopen(f"http://{place.netloc}{place.path}", timeout=10) as answer:
        assert b'role="lines"' in answer.read()


def scraped(home: DataDir, job: str) -> float:
    """Say how many workers of a job the run's Prometheus sees alive."""
    file = UpFile.read(home.up_file)
    assert file is not None
    if file.addresses.prometheus is None:
        if os.environ.get("CI") == "true":
            pytest.fail("prometheus is missing: apt install prometheus")
        return 1
    place = urlsplit(file.addresses.prometheus).netloc
    query = f"http://{place}/api/v1/query?query=sum(up{{job='{job}'}})"
    deadline = time.monotonic() + STARTED_SECONDS
    while True:
        assert time.monotonic() < deadline
        with suppress(OSError), urllib.request.urlopen(query, timeout=5) as answer:
            found = json.load(answer)["data"]["result"]
            if found and float(found[0]["value"][1]):
                return float(found[0]["value"][1])
        time.sleep(0.2)
