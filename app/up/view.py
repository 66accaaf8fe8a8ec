"""What a run shows, gathered: the same for a terminal and for a log."""

from __future__ import annotations

import shlex
import shutil
from dataclasses import dataclass

from app.engines.postgres import program
from app.extras import NotInstalledError
from app.up.flow import Flow
from app.up.up_file import Addresses
from generator.report import Report


@dataclass(frozen=True, slots=True)
class ProcessView:
    """One process, as a line of a table."""

    name: str
    state: str
    pid: int | None = None
    memory_bytes: int | None = None
    restarts: int = 0


@dataclass(frozen=True, slots=True)
class View:
    """A run at one moment."""

    elapsed_seconds: float
    doing: str
    flow: Flow
    report: Report | None
    processes: tuple[ProcessView, ...]
    addresses: Addresses
    trouble: str = ""


def psql_line(dsn: str) -> str:
    """Return a command that opens the database, by the wheel's psql if there is no other."""
    found = shutil.which("psql")
    if found is None:
        try:
            found = str(program("psql"))
        except NotInstalledError:
            found = "psql"
    return f"{'psql' if shutil.which('psql') else shlex.quote(found)} {shlex.quote(dsn)}"
