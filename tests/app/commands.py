"""The `headrace` command as a process, beside a run that its up.json tells of."""

import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from devstack.place.data_dir import DataDir
from devstack.place.up_file import Addresses, RoleAddresses, UpFile
from devstack.processes.identity import Identity
from devstack.processes.stopping import StopOrder, Stoppable

SECONDS = 60


def headrace(
    home: Path, *arguments: str, given: str = "", **settings: str
) -> subprocess.CompletedProcess[str]:
    """Run a command with nothing set but HEADRACE_HOME and these settings."""
    others = {name: it for name, it in os.environ.items() if not name.startswith("HEADRACE_")}
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        env=others | {"HEADRACE_HOME": str(home)} | settings,
        input=given,
        text=True,
        capture_output=True,
        check=False,
        timeout=SECONDS,
    )


def in_terminal(home: Path, columns: int, *arguments: str) -> list[str]:
    """Run a command in a pseudo terminal of so many columns; give the lines."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    others = {name: it for name, it in os.environ.items() if not name.startswith("HEADRACE_")}
    others.pop("COLUMNS", None)
    command = [sys.executable, "-m", "app", *arguments]
    written = b""
    with subprocess.Popen(
        command, env=others | {"HEADRACE_HOME": str(home)}, stdout=theirs, stderr=theirs
    ):
        os.close(theirs)
        with suppress(OSError):  # the terminal's other end is closed: the command has ended
            while more := os.read(ours, 65_536):
                written += more
    os.close(ours)
    return written.decode().splitlines()


def runs_at(
    home: Path,
    kafka: str,
    postgres: str,
    pid: int | None = None,
    web: Sequence[str] = (),
    *,
    sinks: Mapping[str, RoleAddresses] | None = None,
    sources: Mapping[str, RoleAddresses] | None = None,
) -> None:
    """Write the up.json of a run whose supervisor is this process, or another."""
    identity = Identity.of(pid or os.getpid())
    assert identity is not None
    supervisor = Stoppable("headrace up", identity, signal.SIGTERM, 1.0, StopOrder.GENERATOR)
    addresses = Addresses(
        kafka, postgres, list(web), sinks=dict(sinks or {}), sources=dict(sources or {})
    )
    UpFile(addresses, supervisor, []).write(DataDir(home).up_file)
