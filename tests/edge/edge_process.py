"""An edge as people start it, and a client that knows nothing of it."""

import http.client
import json
import socket
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from devstack.place.free_ports import free_port
from devstack.processes.child import Child
from devstack.processes.watchdog import Watchdog
from tests.integration.topics import Topic

_PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Answer:
    """What the edge said."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class EdgeProcess:
    """One `headrace edge` with topics of its own."""

    child: Child
    port: int
    metrics_port: int
    broker: str
    prefix: str

    def start(self) -> None:
        """Start, and wait until it answers and its topics are there."""
        self.child.start()
        self.wait_until(self._is_ready, "ready")

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request over a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            named = {"content-type": "application/json", **(headers or {})}
            with suppress(BrokenPipeError, ConnectionResetError):
                # it may answer and close before it has read all: the answer is there to be read
                connection.request(method, path, body, named)
            answer = connection.getresponse()
            said = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, said, answer.read())
        finally:
            connection.close()

    def post(self, stream: str, body: bytes, /, **headers: str) -> Answer:
        """Post events; a header's `_` stands for `-`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask("POST", f"/v1/events/{stream}", body, named)

    def raw(self, sent: bytes) -> bytes:
        """Send bytes as they are, and give all that comes until the edge closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            with suppress(OSError):  # it may answer and close before it has read all
                connection.sendall(sent)
                connection.shutdown(socket.SHUT_WR)
            received = b""
            with suppress(OSError):
                while chunk := connection.recv(65_536):
                    received += chunk
            return received

    def topic(self, stream: str) -> Topic:
        return Topic(self.broker, f"{self.prefix}{stream}")

    def wait_until(self, condition: Callable[[], object], what: str) -> None:
        """Poll until it holds; fail at once when the edge ends."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not condition():
            assert self.child.running, f"ended before it was {what}:\n{self.child.tail(40)}"
            assert time.monotonic() < deadline, f"not {what}:\n{self.child.tail(40)}"
            time.sleep(0.05)

    def _is_ready(self) -> bool:
        try:
            return self.ask("GET", "/readyz").status == 200
        except OSError:
            return False


def edge_process(
    broker: str, folder: Path, watchdog: Watchdog, settings: Mapping[str, str] | None = None
) -> EdgeProcess:
    """Make an edge, not started yet; `settings` are added to those of every test."""
    port, metrics_port, prefix = free_port(), free_port(), f"t{uuid4().hex[:8]}-"
    child = Child(
        "edge",
        [sys.executable, "-m", "app", "edge"],
        folder / "edge.log",
        environment={
            "HEADRACE_BROKER": broker,
            "HEADRACE_TOPIC_PREFIX": prefix,
            "HEADRACE_TOPIC_PARTITIONS": "1",
            "HEADRACE_STREAMS": "content_sessions",
            "HEADRACE_EDGE_PORT": str(port),
            "HEADRACE_EDGE_METRICS_PORT": str(metrics_port),
            **(settings or {}),
        },
        watchdog=watchdog,
    )
    return EdgeProcess(child, port, metrics_port, broker, prefix)
