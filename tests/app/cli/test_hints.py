"""What is printed can be run as it stands, and says what is missing."""

import logging
import subprocess
import sys
from pathlib import Path

import faust.transport.producer
import pytest

from batching.app import hush_faust
from config.invocation import invocation
from tests.app.commands import headrace

ROOT = Path(__file__).parents[2]


def test_a_command_is_named_by_its_path_where_it_is_not_on_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("PATH", "/nowhere")

    printed = invocation("down --erase")

    done = subprocess.run(
        [*printed.split()[:-2], "--version"], capture_output=True, text=True, check=False
    )
    assert printed.endswith(" down --erase")
    assert done.returncode == 0, done.stderr
    assert "headrace" in done.stdout


def test_a_command_on_path_is_named_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "headrace").touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert invocation("down") == "headrace down"


def test_grafanas_files_without_the_sdk_name_the_extra() -> None:
    """None among the modules is how Python is told that there is no such one."""
    script = (
        "import sys; sys.modules['grafana_foundation_sdk'] = None;"
        "import runpy; sys.argv = ['grafana', '--check'];"
        "runpy.run_module('grafana', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert "pip install -c constraints.txt -e '.[test]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_extra_is_installed_for_the_python_that_misses_it() -> None:
    script = (
        "import importlib.util as util; found = util.find_spec;"
        "util.find_spec = lambda name: None if name == 'granian' else found(name);"
        "from app.cli import main; main(['edge'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert (
        f"granian is not installed: {sys.executable} -m pip install -c constraints.txt -e '.[edge]'"
        in done.stderr
    )


def test_faust_does_not_say_that_its_producer_buffer_is_full() -> None:
    hush_faust()

    assert not faust.transport.producer.logger.isEnabledFor(logging.WARNING)
    assert faust.transport.producer.logger.isEnabledFor(logging.ERROR)


def test_a_command_with_a_slip_has_the_right_one_beside_it(tmp_path: Path) -> None:
    told = headrace(tmp_path, "stauts").stderr

    assert "No such command 'stauts'. Did you mean status?" in told
