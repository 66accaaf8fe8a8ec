"""Prometheus and Grafana start where the machine has them, and nobody has to click."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from config.settings import Settings
from devstack.place.data_dir import DataDir
from devstack.place.ports import Ports
from devstack.processes.watchdog import Watchdog
from devstack.services.monitoring_services import MonitoringServices
from grafana import uids

STAND_IN = Path(__file__).with_name("grafana_stand_in.py")
DSN = "postgresql://postgres@127.0.0.1:15432/headrace"


@pytest.fixture
def home(tmp_path: Path) -> DataDir:
    home = DataDir(tmp_path / "home")
    home.make()
    return home


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder that is all of PATH."""
    folder = tmp_path / "installed" / "bin"
    folder.mkdir(parents=True)
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture
def grafana(path: Path) -> Path:
    """Install the stand-in, with the file by which Grafana's own folder is known."""
    program = path / "grafana"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} {STAND_IN} "$@"\n')
    program.chmod(0o755)
    defaults = path.parent / "share" / "grafana" / "conf" / "defaults.ini"
    defaults.parent.mkdir(parents=True)
    defaults.touch()
    return program


@pytest.fixture
def monitoring(home: DataDir, grafana: Path, watchdog: Watchdog) -> Iterator[MonitoringServices]:
    del grafana
    monitoring = MonitoringServices.for_run(
        Settings(), DSN, home, Ports.of(home, 2), watchdog
    ).start(print)
    yield monitoring
    for child in monitoring.children:
        child.kill()


def test_what_the_machine_lacks_is_left_out(home: DataDir, path: Path, watchdog: Watchdog) -> None:
    assert list(path.iterdir()) == []

    monitoring = MonitoringServices.for_run(Settings(), DSN, home, Ports.of(home, 1), watchdog)

    assert (monitoring.prometheus_url, monitoring.grafana_url, monitoring.children) == (
        None,
        None,
        [],
    )


def test_a_grafana_elsewhere_is_named_and_none_started(
    home: DataDir, grafana: Path, watchdog: Watchdog
) -> None:
    assert grafana.exists()
    settings = Settings(grafana_url="https://grafana.example")

    monitoring = MonitoringServices.for_run(settings, DSN, home, Ports.of(home, 1), watchdog)

    assert monitoring.grafana_url == "https://grafana.example"
    assert monitoring.children == []


def test_grafana_is_started_with_everything_provisioned(
    home: DataDir, monitoring: MonitoringServices
) -> None:
    told = told_by(home, monitoring)

    homepath = home.folder.parent / "installed" / "share" / "grafana"
    assert told["arguments"] == ["server", "--homepath", str(homepath)]
    environment = told["environment"]
    assert environment["GF_SERVER_HTTP_ADDR"] == "127.0.0.1"
    assert environment["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Viewer"
    assert environment["HEADRACE_POSTGRES_URL"] == "127.0.0.1:15432"
    assert environment["HEADRACE_POSTGRES_DATABASE"] == "headrace"
    assert environment["HEADRACE_POSTGRES_SSLMODE"] == "disable"
    assert environment["HEADRACE_ALERT_WEBHOOK_URL"].startswith("http://127.0.0.1:9")
    provisioning = Path(environment["GF_PATHS_PROVISIONING"])
    assert {folder.name for folder in provisioning.iterdir() if any(folder.glob("*.yaml"))} == {
        "alerting",
        "dashboards",
        "datasources",
        "notifiers",
        "plugins",
    }
    home_dashboard = Path(environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert home_dashboard.parent == Path(environment["HEADRACE_GRAFANA_DASHBOARDS"])
    assert json.loads(home_dashboard.read_text())["uid"] == uids.OVERVIEW
    assert environment["GF_NEWS_NEWS_FEED_ENABLED"] == "false"
    assert len(list(Path(environment["HEADRACE_GRAFANA_DASHBOARDS"]).glob("*.json"))) == 10
    texts = [file.read_text() for file in provisioning.rglob("*.yaml")]
    named = {name for text in texts for name in re.findall(r"\$\{?(HEADRACE_\w+)", text)}
    assert named - {"HEADRACE_READER_PASSWORD"} <= set(environment)


@pytest.mark.usefixtures("grafana")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("", "require", id="not said"),
        pytest.param("?sslmode=disable", "disable", id="disable"),
        pytest.param("?a=b&sslmode=verify-full", "verify-full", id="verify-full"),
        pytest.param("?sslmode=prefer", "require", id="prefer is none of Grafana's"),
        pytest.param("?sslmode=none", "require", id="none of anybody's"),
    ],
)
def test_a_database_of_somebody_else_is_asked_encrypted_and_as_the_reader(
    query: str,
    expected: str,
    home: DataDir,
    watchdog: Watchdog,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dsn = f"postgresql://owner:very-secret@db.example/numbers{query}"
    monkeypatch.setenv("HEADRACE_DATABASE", dsn)
    monkeypatch.setenv("PGPASSWORD", "very-secret")
    monitoring = MonitoringServices.for_run(Settings(), dsn, home, Ports.of(home, 1), watchdog)
    assert monitoring.grafana is not None

    monitoring.grafana.configure()

    environment = os.environ | monitoring.grafana.child.environment
    assert environment["HEADRACE_POSTGRES_URL"] == "db.example:5432"
    assert environment["HEADRACE_POSTGRES_DATABASE"] == "numbers"
    assert environment["HEADRACE_POSTGRES_SSLMODE"] == expected
    assert [name for name, it in environment.items() if "very-secret" in it] == []


@pytest.mark.usefixtures("grafana")
def test_of_several_servers_grafana_is_told_the_first(home: DataDir, watchdog: Watchdog) -> None:
    dsn = "postgresql://owner@one.example:6432,two.example:6433/numbers"
    monitoring = MonitoringServices.for_run(Settings(), dsn, home, Ports.of(home, 1), watchdog)
    assert monitoring.grafana is not None

    monitoring.grafana.configure()

    environment = monitoring.grafana.child.environment
    assert environment["HEADRACE_POSTGRES_URL"] == "one.example:6432"
    assert environment["HEADRACE_POSTGRES_DATABASE"] == "numbers"


@pytest.mark.usefixtures("grafana")
def test_whom_alerts_tell_is_said_by_the_environment(
    home: DataDir, watchdog: Watchdog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADRACE_ALERT_WEBHOOK_URL", "https://hook.example/")
    monkeypatch.setenv("HEADRACE_ALERT_EMAIL", "")  # Grafana would not start with it
    monitoring = MonitoringServices.for_run(Settings(), DSN, home, Ports.of(home, 1), watchdog)
    assert monitoring.grafana is not None

    monitoring.grafana.configure()

    environment = monitoring.grafana.child.environment
    assert environment["HEADRACE_ALERT_WEBHOOK_URL"] == "https://hook.example/"
    assert environment["HEADRACE_ALERT_EMAIL"] == "nobody@localhost"


@pytest.mark.parametrize("name", ["grafana", "prometheus"])
def test_a_program_that_cannot_be_run_is_told_and_left_out(
    name: str, home: DataDir, path: Path, watchdog: Watchdog
) -> None:
    program = path / name
    program.write_bytes(b"\x7fELF of another machine")
    program.chmod(0o755)
    said: list[str] = []

    monitoring = MonitoringServices.for_run(
        Settings(), DSN, home, Ports.of(home, 1), watchdog
    ).start(said.append)

    assert (monitoring.prometheus_url, monitoring.grafana_url, monitoring.children) == (
        None,
        None,
        [],
    )
    (line,) = said
    assert line.startswith(f"{name.capitalize()} cannot be started, the run goes on without it: ")
    assert "\n" not in line


@pytest.mark.usefixtures("grafana")
def test_a_start_that_was_killed_leaves_no_empty_password(
    home: DataDir, watchdog: Watchdog
) -> None:
    left = home.folder / "grafana" / "admin-password.new"
    left.parent.mkdir()
    left.touch(mode=0o600)
    monitoring = MonitoringServices.for_run(Settings(), DSN, home, Ports.of(home, 1), watchdog)
    assert monitoring.grafana is not None

    monitoring.grafana.configure()

    assert not left.exists()
    password = left.with_suffix("").read_text()
    assert len(password) >= 20
    assert monitoring.grafana.child.environment["GF_SECURITY_ADMIN_PASSWORD"] == password


def test_the_administrators_password_is_nobody_elses_and_stays(
    home: DataDir, monitoring: MonitoringServices
) -> None:
    file = home.folder / "grafana" / "admin-password"
    first = told_by(home, monitoring)["environment"]["GF_SECURITY_ADMIN_PASSWORD"]

    monitoring.start(print)

    assert first == file.read_text()
    assert len(first) >= 20
    assert file.stat().st_mode & 0o077 == 0


def test_prometheus_takes_the_configuration(home: DataDir, watchdog: Watchdog) -> None:
    promtool = shutil.which("promtool")
    if not promtool:
        if os.environ.get("CI") == "true":
            pytest.fail("promtool is missing: apt install prometheus")
        pytest.skip("no promtool: apt install prometheus")
    ports = Ports.of(home, 2, ["lines"], ["source-events"])
    monitoring = MonitoringServices.for_run(Settings(), DSN, home, ports, watchdog)
    assert monitoring.prometheus is not None

    monitoring.prometheus.configure()

    config = home.folder / "prometheus" / "prometheus.yml"
    checked = subprocess.run(
        [promtool, "check", "config", str(config)], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    jobs = json.loads(config.read_text())["scrape_configs"]
    assert {job["job_name"]: job["static_configs"][0]["targets"] for job in jobs} == {
        "headrace-worker": [f"127.0.0.1:{port}" for port in ports.worker_metrics],
        "headrace-generator": [f"127.0.0.1:{ports.generator_metrics}"],
        "headrace-sink": [f"127.0.0.1:{ports.sinks['lines'][1]}"],
        "headrace-source": [f"127.0.0.1:{ports.sources['source-events'][1]}"],
        "headrace-edge": [f"127.0.0.1:{ports.edge_metrics}"],
    }


def told_by(home: DataDir, monitoring: MonitoringServices) -> dict[str, Any]:
    """Wait until the stand-in answers; give what it says of its start."""
    deadline = time.monotonic() + 20
    url = f"http://{urlsplit(str(monitoring.grafana_url)).netloc}/api/health"
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            break
        except OSError:
            assert time.monotonic() < deadline, monitoring.children[-1].tail()
            time.sleep(0.05)
    told: dict[str, Any] = json.loads((home.folder / "grafana" / "data" / "told.json").read_text())
    return told
