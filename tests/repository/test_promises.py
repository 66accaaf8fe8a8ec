"""What the repository promises about itself."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from config.settings import Settings

ROOT = Path(__file__).parents[2]
PACKAGES = [
    *("agents", "app", "batching", "config", "db", "devstack", "doctor", "generator", "grafana"),
    *("headrace", "models", "reference", "sinks", "sources", "telemetry"),
]


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_of_ours_is_the_one_in_this_repository(name: str) -> None:
    spec = importlib.util.find_spec(name)

    assert spec is not None
    assert spec.origin == str(ROOT / name / "__init__.py")


def test_importing_everything_builds_nothing_and_reads_no_environment() -> None:
    program = (
        "import threading, os, app, app.worker.factory, app.cli, generator;"
        "assert 'app' not in vars(app);"
        "assert threading.active_count() == 1"
    )

    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"HEADRACE_WEB_PORT": "no number", "PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr


def test_the_command_does_not_load_faust() -> None:
    program = "import sys, app.cli.main; sys.exit('faust' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, timeout=60, check=False)

    assert done.returncode == 0  # it would take a quarter of a second longer to say anything


def test_the_password_of_the_database_is_in_no_repr() -> None:
    settings = Settings(database="postgresql://me:secret@host/db")  # type: ignore[arg-type]

    assert "secret" not in repr(settings)
    assert "secret" not in settings.model_dump_json()
