"""A supervisor that is killed leaves nothing behind, and things stop in their order."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.processes.child import Child
from devstack.processes.identity import Identity
from devstack.processes.stopping import stop_in_order

# Writes its name to a file when it is asked to end; says first that it is ready to be asked
NOTES_ITS_END = """
import pathlib, signal, sys, time
name, notes = sys.argv[1], pathlib.Path(sys.argv[2])
def end(*_):
    with notes.open("a") as file:
        file.write(name + "\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
print("ready", flush=True)
time.sleep(600)
"""
DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(600)
"""
SUPERVISOR = """
import sys, time
from pathlib import Path
from devstack.processes.child import Child
from devstack.processes.stopping import StopOrder
from devstack.processes.watchdog import Watchdog
folder, program = Path(sys.argv[1]), sys.argv[2]
watchdog = Watchdog()
for order in (StopOrder.DATABASE, StopOrder.GENERATOR, StopOrder.BROKER, StopOrder.WORKER):
    command = (sys.executable, "-c", program, order.name, str(folder / "notes"))
    child = Child(order.name, command, folder / f"{order.name}.log", order=order, watchdog=watchdog)
    child.start()
    while "ready" not in child.tail():
        time.sleep(0.01)
    print(child.pid, flush=True)
print(watchdog.pid, flush=True)
time.sleep(600)
"""


def started(folder: Path, name: str, program: str, *arguments: str, grace: float = 15) -> Child:
    command = (sys.executable, "-c", program, *arguments)
    child = Child(name, command, folder / f"{name}.log", grace_seconds=grace)
    child.start()
    wait_until_ready(child)
    return child


def wait_until_ready(child: Child) -> None:
    deadline = time.monotonic() + 20
    while "ready" not in child.tail():
        assert time.monotonic() < deadline, child.tail()
        time.sleep(0.01)


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", SUPERVISOR, str(tmp_path), NOTES_ITS_END]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def test_a_process_that_cannot_be_made_known_does_not_stay(tmp_path: Path) -> None:
    nowhere = tmp_path / "missing" / "x.pid"
    child = Child("x", (sys.executable, "-c", DEAF), tmp_path / "x.log", pid_file=nowhere)

    with pytest.raises(FileNotFoundError):
        child.start()

    assert child.returncode == -signal.SIGKILL


def test_killing_a_supervisor_stops_all_that_it_started_in_order(
    supervisor: subprocess.Popen[str], tmp_path: Path
) -> None:
    assert supervisor.stdout is not None
    pids = [int(supervisor.stdout.readline()) for _ in range(5)]
    identities = [identity for pid in pids if (identity := Identity.of(pid))]
    assert len(identities) == 5

    supervisor.kill()

    assert all(identity.wait(20) for identity in identities)
    notes = (tmp_path / "notes").read_text().split()
    assert notes == ["GENERATOR", "WORKER", "BROKER", "DATABASE"]


def test_what_does_not_listen_is_killed_after_its_grace(tmp_path: Path) -> None:
    deaf = started(tmp_path, "deaf", DEAF, grace=0.1)
    listening = started(tmp_path, "listening", NOTES_ITS_END, "x", str(tmp_path / "notes"))

    killed = stop_in_order(p for child in (deaf, listening) if (p := child.stoppable))

    assert killed == ["deaf"]
    assert (deaf.returncode, listening.returncode) == (-signal.SIGKILL, 0)


def test_a_child_has_a_session_of_its_own_so_that_ctrl_c_does_not_reach_it(tmp_path: Path) -> None:
    child = started(tmp_path, "deaf", DEAF)

    assert child.pid is not None
    assert os.getsid(child.pid) == child.pid
    child.kill()


def test_what_a_killed_run_left_is_stopped_by_the_next(tmp_path: Path) -> None:
    command = (sys.executable, "-c", DEAF)
    pid_file = tmp_path / "it.pid"
    first = Child("it", command, tmp_path / "log", pid_file=pid_file, grace_seconds=0.1)
    first.start()
    second = Child("it", command, tmp_path / "log", pid_file=pid_file, grace_seconds=0.1)

    second.start()

    assert not first.running
    assert second.running
    second.kill()


def test_a_number_given_to_another_process_names_nobody(tmp_path: Path) -> None:
    (tmp_path / "it.pid").write_text(f"[{os.getpid()}, 1.0]")
    child = Child("it", (sys.executable, "-c", "0"), tmp_path / "log", pid_file=tmp_path / "it.pid")

    child.start()  # would end this test run if it took the number alone

    child.stop()
