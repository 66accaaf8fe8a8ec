"""The guide "Add a source" holds: its package as a wheel, its tests, and its role."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from devstack.engines import Kafka
from devstack.place.free_ports import free_port
from devstack.processes.child import Child
from devstack.processes.watchdog import Watchdog
from tests.integration.headrace import Headrace
from tests.integration.worker import Worker

_GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "add-a-source.md"
_BROKER = '"127.0.0.1:9092"'
_PATH = "/var/log/events.jsonl"
_SECONDS = 300


def _block(language: str, holds: str) -> str:
    """Give the guide's block of code with these words."""
    blocks = re.findall(rf"```{language}\n(.*?)```", _GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    [found] = [str(block) for block in blocks if holds in block]
    return found


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the guide's package into a wheel and install that into a folder."""
    project = tmp_path_factory.mktemp("project")
    package = project / "my_package"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "source.py").write_text(_block("python", "class Lines:"), encoding="utf-8")
    (project / "pyproject.toml").write_text(_block("toml", "headrace.sources"), encoding="utf-8")
    target = project / "target"
    pip = (sys.executable, "-m", "pip")
    offline = ("--no-deps", "--no-index", "--disable-pip-version-check", "-q")
    _run(*pip, "wheel", *offline, "--no-build-isolation", "-w", str(project), str(project))
    [wheel] = project.glob("*.whl")
    _run(*pip, "install", *offline, "--target", str(target), str(wheel))
    return target


def _run(*command: str, folder: Path | None = None, **more: str) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | more,
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
    )
    assert done.returncode == 0, done.stdout[-5_000:] + done.stderr[-5_000:]
    return done.stdout


@pytest.mark.timeout(_SECONDS)
def test_the_package_keeps_what_every_source_promises(
    installed: Path, kafka: Kafka, tmp_path: Path
) -> None:
    test = _block("python", "class TestLines").replace(_BROKER, f'"{kafka.address}"')
    (tmp_path / "test_lines.py").write_text(test, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\n", encoding="utf-8")

    said = _run(
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
        *("-p", "no:hypothesispytest", "test_lines.py"),  # a newcomer has none of it
        folder=tmp_path,
        PYTHONPATH=str(installed),
    )

    assert re.search(r"\b\d+ passed, 2 skipped", said), said


def test_its_role_brings_its_events_to_the_rows(
    installed: Path, headrace: Headrace, watchdog: Watchdog
) -> None:
    events = headrace.folder / "events.jsonl"
    file = headrace.folder / "headrace.yaml"
    file.write_text(_block("yaml", "kind: lines").replace(_PATH, str(events)), encoding="utf-8")
    port, metrics_port = free_port(), free_port()
    headrace.more |= {"HEADRACE_CONFIG": str(file), "HEADRACE_STREAMS": "user_activity"}
    ports = {"HEADRACE_WEB_PORT": str(port), "HEADRACE_METRICS_PORT": str(metrics_port)}
    child = Child(
        "source-mine",
        [sys.executable, "-m", "app", "worker", "--role", "source-mine"],
        headrace.folder / "source-mine.log",
        environment={**headrace.settings, **ports, "PYTHONPATH": str(installed)},
        watchdog=watchdog,
    )
    source = Worker(child, port, metrics_port)
    headrace.workers.append(source)

    source.start()  # the file is not there yet, which is waited for
    with events.open("a", encoding="utf-8") as lines:
        lines.write("{}\n" * 20)
    source.wait_until(lambda: source.status()["source"]["records"] == 20, "at all events")

    assert source.stop() == 0
