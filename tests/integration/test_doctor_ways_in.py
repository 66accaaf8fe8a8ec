"""`headrace doctor` asks real sources of a run: what waits or was left out is never well."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from devstack.engines import Kafka
from devstack.measure.worker_status import fetch
from devstack.place.free_ports import free_port
from devstack.place.up_file import RoleAddresses
from devstack.processes.child import Child
from telemetry.worker_status import WorkerStatus
from tests.app.commands import headrace, runs_at

_SECONDS = 60.0
_YAML = """\
sinks:
  lines: {{kind: file, path: {path}/a-file/lines, streams: [purchases]}}
sources:
  logs: {{kind: file, stream: purchases, path: {path}, look_seconds: 0.05}}
"""
_NOWHERE = "127.0.0.1:1"

Told = Callable[[WorkerStatus], bool]
Start = Callable[..., RoleAddresses]


@pytest.fixture
def started(tmp_path: Path, topic_prefix: str) -> Iterator[Start]:
    """Start a source of the folder `in` with this broker, and wait until it says how it is."""
    document = tmp_path / "headrace.yaml"
    document.write_text(_YAML.format(path=tmp_path / "in"))
    (tmp_path / "in").mkdir()
    with ExitStack() as stack:

        def start(broker: str, told: Told, role: str = "source-logs") -> RoleAddresses:
            web = free_port()
            own = {
                "HEADRACE_BROKER": broker,
                "HEADRACE_CONFIG": str(document),
                "HEADRACE_TOPIC_PREFIX": topic_prefix,
                "HEADRACE_WEB_PORT": str(web),
                "HEADRACE_METRICS_PORT": str(free_port()),
            }
            command = (sys.executable, "-m", "app", "worker", "--role", role)
            child = Child(role, command, tmp_path / "log", environment=own)
            child.start()
            stack.callback(child.kill)
            _wait_until(told, child, f"http://127.0.0.1:{web}")
            return RoleAddresses(f"http://127.0.0.1:{web}", "http://127.0.0.1:1/metrics")

        yield start


def _wait_until(told: Told, child: Child, url: str) -> None:
    deadline = time.monotonic() + _SECONDS
    while (status := fetch(url)) is None or not told(status):
        assert child.running, child.tail()
        assert time.monotonic() < deadline, child.tail()
        time.sleep(0.1)


def _waits(status: WorkerStatus) -> bool:
    return status.waiting_for is not None


def _reads(status: WorkerStatus) -> bool:
    return status.source is not None and bool(status.source.progress)


def _left_out(status: WorkerStatus) -> bool:
    return status.source is not None and bool(status.source.refused)


def _sources(home: Path, broker: str, sources: dict[str, RoleAddresses]) -> dict[str, str]:
    """Give the cures by what is said of sources."""
    home.mkdir(exist_ok=True)
    runs_at(home, broker, "postgresql://u@127.0.0.1:1/d", sources=sources)
    done = headrace(home, "doctor", "--json")
    checks = json.loads(done.stdout)["checks"]
    return {one["said"]: one["cure"] for one in checks if one["check"] == "sources"}


def test_a_sink_that_waits_and_one_that_is_gone(
    tmp_path: Path, kafka: Kafka, started: Start
) -> None:
    (tmp_path / "in" / "a-file").touch()  # where the sink's folder should be
    waits = started(kafka.address, _waits, "lines")
    runs_at(
        tmp_path,
        kafka.address,
        "postgresql://u@127.0.0.1:1/d",
        sinks={"lines": waits, "gone": RoleAddresses(f"http://{_NOWHERE}", "")},
    )

    done = headrace(tmp_path, "doctor", "--json")

    told = [one for one in json.loads(done.stdout)["checks"] if one["check"] == "sinks"]
    assert done.returncode == 1
    assert told[0]["said"].startswith("lines: waits for ")
    assert "no folder" in told[0]["said"]
    assert told[0]["cure"].endswith("sink-lines.log")
    assert told[1]["said"] == "gone: does not answer"


def test_a_source_that_reads_is_well_and_one_that_left_a_file_out_is_not(
    tmp_path: Path, kafka: Kafka, started: Start
) -> None:
    home, broker = tmp_path / "home", kafka.address
    well = _sources(home, broker, {"source-logs": started(broker, _reads)})
    (tmp_path / "in" / "a.jsonl.gz").write_bytes(b"\x1f\x8b\x08\x00 damaged, and no gzip")
    ill = _sources(home, broker, {"source-logs": started(broker, _left_out)})

    assert list(well.values()) == [""]
    [(said, cure)] = ill.items()
    assert said == "source-logs: left out unreadable file 1; its log says which"
    assert cure.endswith("source-logs.log")


def test_a_source_that_waits_one_that_is_gone_and_one_at_its_end(
    tmp_path: Path, started: Start
) -> None:
    gone = RoleAddresses("http://127.0.0.1:1", "http://127.0.0.1:1/metrics")
    past = RoleAddresses(gone.web, gone.metrics, ended=True)
    waits = started(_NOWHERE, _waits)

    told = _sources(
        tmp_path / "home",
        _NOWHERE,
        {"source-logs": waits, "source-gone": gone, "source-past": past},
    )

    by_name = {said.partition(":")[0]: (said, cure) for said, cure in told.items()}
    assert by_name["source-logs"][0].startswith("source-logs: waits for Kafka")
    assert by_name["source-logs"][1]
    assert by_name["source-gone"][0] == "source-gone: does not answer"
    assert by_name["source-gone"][1].endswith("source-gone.log")
    assert by_name["source-past"] == ("source-past: has ended: it has read all", "")
