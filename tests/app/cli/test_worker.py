"""`headrace worker`, up to where Faust takes over."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.app.commands import runs_at

_PROGRAM = """
import os
from pathlib import Path
from app.cli import main

weight = Path("/proc/self/autogroup")
os.execv = lambda *_: print(os.nice(0), weight.read_text() if weight.exists() else "")
main()
"""
_PLACES = """
import os
from app.cli import main

os.execv = lambda *_: print(os.environ.get("HEADRACE_BROKER"), os.environ.get("HEADRACE_DATABASE"))
main(["worker"])
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
    # Empty in the first session of a machine, which Linux counts to no group.
    before = Path("/proc/self/autogroup").read_text(encoding="ascii").split()

    _, *after = started_as("lines", tmp_path, is_leader=False)

    assert after == before


def works_for(folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Say which broker and database Faust is started with."""
    others = {name: it for name, it in os.environ.items() if not name.startswith("HEADRACE_")}
    return subprocess.run(
        [sys.executable, "-c", _PLACES],
        env=others | {"HEADRACE_HOME": str(folder)} | settings,
        capture_output=True,
        text=True,
        check=True,
    )


def test_beside_a_run_on_this_machine_it_works_for_that_one_and_says_so(tmp_path: Path) -> None:
    runs_at(tmp_path, "127.0.0.1:7001", "postgresql://postgres@127.0.0.1:7002/headrace")

    done = works_for(tmp_path)

    assert done.stdout.split() == [
        "127.0.0.1:7001",
        "postgresql://postgres@127.0.0.1:7002/headrace",
    ]
    assert done.stderr == f"uses the running headrace up in {tmp_path}: 127.0.0.1:7001\n"


def test_with_another_kafka_it_never_writes_into_the_runs_database(tmp_path: Path) -> None:
    runs_at(tmp_path, "127.0.0.1:7001", "postgresql://postgres@127.0.0.1:7002/headrace")

    done = works_for(tmp_path, HEADRACE_BROKER="127.0.0.1:7003")

    assert done.stdout.split() == ["127.0.0.1:7003", "None"]
    assert done.stderr == ""


def test_where_nothing_runs_it_works_for_the_usual_places(tmp_path: Path) -> None:
    done = works_for(tmp_path)

    assert done.stdout.split() == ["None", "None"]
    assert done.stderr == ""
