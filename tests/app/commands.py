"""The `headrace` command as a process, beside a run that its up.json tells of."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
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


def runs_at(
    home: Path,
    kafka: str,
    postgres: str,
    pid: int | None = None,
    web: Sequence[str] = (),
    *,
    sources: Mapping[str, RoleAddresses] | None = None,
) -> None:
    """Write the up.json of a run whose supervisor is this process, or another."""
    identity = Identity.of(pid or os.getpid())
    assert identity is not None
    supervisor = Stoppable("headrace up", identity, signal.SIGTERM, 1.0, StopOrder.GENERATOR)
    addresses = Addresses(kafka, postgres, list(web), sources=dict(sources or {}))
    UpFile(addresses, supervisor, []).write(DataDir(home).up_file)
