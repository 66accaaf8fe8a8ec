"""Prometheus' rules by Prometheus' own tool: when they fire, and when they do not."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from grafana.alerts.declared import ALERTS
from grafana.paths import RULES

CASES = sorted((Path(__file__).parent / "rules").glob("*.yml"))


@pytest.fixture
def promtool() -> str:
    program = shutil.which("promtool")
    if program is None:
        if os.environ.get("CI") == "true":
            raise RuntimeError("promtool is not here: apt install prometheus")
        pytest.skip("promtool is not here: apt install prometheus")
    return program


def run(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_rules_are_such_as_prometheus_takes(promtool: str) -> None:
    run(promtool, "check", "rules", RULES)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.stem) for case in CASES])
def test_rules_fire_when_they_should_and_else_do_not(promtool: str, case: Path) -> None:
    run(promtool, "test", "rules", case)


def test_every_alert_has_cases() -> None:
    text = "\n".join(case.read_text(encoding="utf-8") for case in CASES)

    for alert in ALERTS:
        assert alert.name in text
