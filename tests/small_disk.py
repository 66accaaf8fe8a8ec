"""A disk so small that a test can fill it."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(disk: Path, size: str = "1m") -> Iterator[Path]:
    """Mount a disk of this size in memory; the test is skipped where that is not allowed."""
    disk.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield disk
    finally:
        unmount = ["umount", "-l", str(disk)]
        subprocess.run(unmount, check=True)


def fill(disk: Path) -> Path:
    """Take all room that is left; return the file that does."""
    file = disk / "filling"
    found = os.statvfs(disk)
    file.write_bytes(b"\0" * (found.f_bavail * found.f_frsize))
    return file
