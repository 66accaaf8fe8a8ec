"""Whom PostgreSQL runs as: it refuses to run as root, so root lends it a user of its own."""

import os
import shutil
import stat
import subprocess
from pathlib import Path

from devstack.engines.errors import EngineError

_USER = "embedded_postgres"


def server_user() -> str | None:
    """Return the system user to run the server as, made if need be; None for an ordinary user."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return None
    try:
        if not _exists(_USER):
            subprocess.run(  # noqa: S603 - a constant
                ["useradd", "--system", _USER],  # noqa: S607 - its place differs by system
                check=True,
                capture_output=True,
            )
    except (OSError, subprocess.CalledProcessError) as error:
        if not _exists(_USER):  # another process may have made it meanwhile
            raise EngineError(f"root could not make the system user {_USER}: {error}") from error
    return _USER


def hand_over(folder: Path, user: str) -> None:
    """Give the folder to the user, and let it pass through the folders above."""
    shutil.chown(folder, user, user)
    let_pass(folder)


def let_pass(folder: Path) -> None:
    """Let others pass through (not list) every folder above this one."""
    for parent in folder.resolve().parents:
        mode = parent.stat().st_mode
        if not mode & stat.S_IXOTH:
            parent.chmod(mode | stat.S_IXOTH)


def _exists(user: str) -> bool:
    import pwd  # noqa: PLC0415 - not on Windows

    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True
