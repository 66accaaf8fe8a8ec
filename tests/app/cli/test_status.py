"""`headrace status` in a real terminal of 80 columns, and into a file."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from contextlib import suppress
from pathlib import Path

from devstack.place.up_file import RoleAddresses
from devstack.screen.wrapped import broken
from tests.app.commands import headrace, runs_at

_ENDED = RoleAddresses("http://127.0.0.1:1", "http://127.0.0.1:1/metrics", ended=True)
_NAMES = [f"source-{number}-{number * 'o'}f-the-archive" for number in range(20, 40, 5)]


def _in_terminal(home: Path, columns: int) -> list[str]:
    """Run it in a pseudo terminal of so many columns; give the lines."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    others = {name: it for name, it in os.environ.items() if not name.startswith("HEADRACE_")}
    others.pop("COLUMNS", None)
    command = [sys.executable, "-m", "app", "status"]
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


def test_no_line_is_longer_than_the_terminal_and_in_a_pipe_each_stays_one(tmp_path: Path) -> None:
    runs_at(tmp_path, "127.0.0.1:1", "postgresql://u@h/d", sources=dict.fromkeys(_NAMES, _ENDED))

    seen = _in_terminal(tmp_path, 80)
    piped = headrace(tmp_path, "status").stdout

    assert max(map(len, seen)) <= 80
    assert "          it has read all" in seen
    for name in _NAMES:
        assert f"\nway in    {name}: has ended: it has read all\n" in piped
        assert f"{name}: has ended: it has read all" in " ".join(" ".join(seen).split())


def test_a_number_is_not_parted_from_its_unit() -> None:
    line = "sink      stored 1,234/s, fresh p99 1.07 s, last write 10 s ago"

    assert broken(line, 36).splitlines() == [
        "sink      stored 1,234/s, fresh",
        "          p99 1.07 s, last write",
        "          10 s ago",
    ]
