"""How a person can run `headrace` from where they are: it is on PATH only in an active .venv."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path


def invocation(arguments: str) -> str:
    """Give a command line that works as it is printed, like `.venv/bin/headrace down`."""
    if shutil.which("headrace"):
        return f"headrace {arguments}"
    beside = Path(sys.executable).parent / "headrace"
    if beside.exists():
        return f"{shlex.quote(str(_near(beside)))} {arguments}"
    return f"{shlex.quote(sys.executable)} -m app {arguments}"


def _near(path: Path) -> Path:
    """Write a path as short as it can be from the folder that we are in."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
