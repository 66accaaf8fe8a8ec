"""Starts PostgreSQL with TimescaleDB for tests: start.mjs, with a free port."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_HERE = Path(__file__).parent
_SECONDS = 60


@contextmanager
def timescale() -> Iterator[str]:
    """Give the DSN of an empty database; it takes one connection at a time, the next one waits.

    Skips, or fails where CI=true, without Node or its packages.
    """
    node = shutil.which("node")
    if node is None or not (_HERE / "node_modules").is_dir():
        missing = "needs Node 20 and: make timescale"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    command = [node, str(_HERE / "start.mjs"), str(port)]
    # it ends with its standard input, also when the test run is killed
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == b"ready\n"
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres?sslmode=disable"
        finally:
            process.stdin.close()
            process.wait(_SECONDS)
