"""`headrace worker`, up to where Faust takes over."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_PROGRAM = """
import os
from pathlib import Path
from app.cli import main

weight = Path("/proc/self/autogroup")
os.execv = lambda *_: print(os.nice(0), weight.read_text() if weight.exists() else "")
main()
"""
_HAS_AUTOGROUPS = os.access("/proc/self/autogroup", os.W_OK)
_NICEST = 19


def started_as(role: str, folder: Path, *, is_leader: bool, nice: int = 0) -> list[str]:
    """Give niceness, name of the session's group, "nice", and the group's niceness."""
    config = folder / "headrace.yaml"
    config.write_text(f"sinks:\n  lines:\n    kind: file\n    path: {folder}\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", f"import os; os.nice({nice}){_PROGRAM}", "worker", "--role", role],
        env=os.environ | {"HEADRACE_CONFIG": str(config)},
        capture_output=True,
        text=True,
        check=False,
        start_new_session=is_leader,
    )
    assert done.stdout, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize(("role", "nice"), [("core", 0), ("lines", 10)])
def test_a_further_sink_leaves_the_processor_to_live_numbers(
    tmp_path: Path, role: str, nice: int
) -> None:
    own, *_ = started_as(role, tmp_path, is_leader=False)

    assert own == str(min(os.nice(0) + nice, _NICEST))


@pytest.mark.skipif(not _HAS_AUTOGROUPS, reason="sessions are weighed by Linux only")
@pytest.mark.skipif(os.nice(0) > 0, reason="a test run that is nice itself")
@pytest.mark.parametrize(("role", "nice"), [("core", "0"), ("lines", "10")])
def test_so_does_its_session_which_linux_weighs_instead(
    tmp_path: Path, role: str, nice: str
) -> None:
    *_, weight = started_as(role, tmp_path, is_leader=True)

    assert weight == nice


@pytest.mark.skipif(not _HAS_AUTOGROUPS, reason="sessions are weighed by Linux only")
def test_one_that_was_started_nicer_stays_so_with_its_session(tmp_path: Path) -> None:
    own, _, _, weight = started_as("lines", tmp_path, is_leader=True, nice=15)

    assert own == weight == str(_NICEST)


@pytest.mark.skipif(not _HAS_AUTOGROUPS, reason="sessions are weighed by Linux only")
def test_a_session_that_others_share_keeps_its_weight(tmp_path: Path) -> None:
    *_, before = Path("/proc/self/autogroup").read_text(encoding="ascii").split()

    *_, weight = started_as("lines", tmp_path, is_leader=False)

    assert weight == before
