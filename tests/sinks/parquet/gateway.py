"""An S3 for tests: Versity's gateway, which keeps objects as files, and `If-None-Match`."""

import os
import socket
from pathlib import Path
from typing import Any
from uuid import uuid4

from devstack.engines.engine import START_SECONDS, Engine
from devstack.engines.readiness import wait_until_ready
from devstack.place.free_ports import free_port
from devstack.processes.stopping import StopOrder
from devstack.processes.watchdog import Watchdog

KEY, SECRET = "test-key", "test-secret-nobody-may-read"


class NotBuiltError(Exception):
    """There is no S3 for tests on this machine."""


class Gateway(Engine):
    """A gateway on 127.0.0.1 in front of a folder. A bucket is a folder in that."""

    def __init__(self, folder: Path, watchdog: Watchdog | None = None) -> None:
        super().__init__("S3", "s3", folder, StopOrder.DATABASE, watchdog)
        self.buckets = self.folder / "buckets"
        self.port = 0

    def bucket(self) -> str:
        """Make a bucket that nobody else has."""
        name = f"b{uuid4().hex}"
        (self.buckets / name).mkdir()
        return name

    def options(self, bucket: str, port: int | None = None) -> dict[str, Any]:
        """Say what a sink needs to know; `port` is that of a proxy, if one is between."""
        return {
            "path": f"s3://{bucket}/some/prefix",
            "endpoint": f"http://127.0.0.1:{port or self.port}",
            "access_key_id": KEY,
            "secret_access_key": SECRET,
            "allow_http": True,
            "timeout_seconds": 10,
        }

    def _start(self) -> None:
        self.port = self.port or free_port()
        self.buckets.mkdir(exist_ok=True)
        address = f"127.0.0.1:{self.port}"
        self.child.command = [
            str(program()),
            *("--port", address, "--quiet", "posix", str(self.buckets)),
        ]
        self.child.environment = {"ROOT_ACCESS_KEY": KEY, "ROOT_SECRET_KEY": SECRET}
        self.child.start()
        wait_until_ready(self.child, self._answers, START_SECONDS)

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True


def program() -> Path:
    """Say where `make s3` has put it. Raises NotBuiltError."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    built = cache / "headrace-tests" / "versitygw-1.8.0" / "versitygw"
    if not built.exists():
        raise NotBuiltError("S3 for tests is not built: make s3 (needs Go, takes two minutes)")
    return built
