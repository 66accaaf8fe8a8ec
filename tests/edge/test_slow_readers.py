"""Looking for the socket that listens leaves no file open."""

import socket
import sys
from pathlib import Path

import pytest

from edge.slow_readers import cut_slow_readers

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other kernels do not cut")


async def test_it_leaves_no_file_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        before = open_files()

        await cut_slow_readers(listener.getsockname()[1], 7)

        assert open_files() == before
        limit = listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
        assert limit == 7_000


def open_files() -> list[str]:
    found = []
    for file in Path("/proc/self/fd").iterdir():
        try:
            found.append(str(file.readlink()))
        except OSError:
            continue  # the folder itself, closed by now
    return sorted(found)
