"""A worker as people start it: a process of its own, watched through its web pages."""

import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from devstack.place.free_ports import free_port
from devstack.processes.child import Child
from devstack.processes.watchdog import Watchdog

_ANSWER_SECONDS = 5
_POLL_SECONDS = 0.1
_PATIENCE_SECONDS = 40


@dataclass
class Worker:
    """One `faust -A app worker`."""

    child: Child
    port: int
    metrics_port: int
    settings: Mapping[str, str] = field(default_factory=dict)

    def start(self) -> None:
        """Start, and wait until it reads its partitions."""
        self.child.start()
        self.wait_until(lambda: self.status().get("state") == "running", "running")

    def stop(self) -> int | None:
        """Ask it to end; return its exit code."""
        self.child.stop()
        return self.child.returncode

    def kill(self) -> None:
        self.child.kill()

    def restart(self) -> None:
        self.stop()
        self.start()

    def page(self, path: str) -> tuple[int, Any]:
        """Get one of its web pages: HTTP status, and the JSON if it is that."""
        address = f"http://127.0.0.1:{self.port}{path}"
        try:
            with urllib.request.urlopen(address, timeout=_ANSWER_SECONDS) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def status(self) -> dict[str, Any]:
        """Give what `/status/` answers, nothing while nobody answers."""
        try:
            _, status = self.page("/status/")
        except OSError:
            return {}
        return dict(status)

    def wait_until(
        self, condition: Callable[[], object], what: str, seconds: float = _PATIENCE_SECONDS
    ) -> None:
        """Poll until it holds; fail at once when the worker ends."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert self.child.running, f"ended before it was {what}:\n{self.child.tail(40)}"
            assert time.monotonic() < deadline, f"not {what}:\n{self.child.tail(40)}"
            time.sleep(_POLL_SECONDS)

    def wait_until_it_ends(self) -> str:
        """Wait until it gives up by itself; return the end of its log."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while self.child.running:
            assert time.monotonic() < deadline, f"still runs:\n{self.child.tail(40)}"
            time.sleep(_POLL_SECONDS)
        return self.child.tail(200)


def worker_process(
    name: str, folder: Path, settings: Mapping[str, str], watchdog: Watchdog
) -> Worker:
    """Make a worker with ports of its own, not started yet; `settings` may name others."""
    port, metrics_port = free_port(), free_port()
    ports = {"HEADRACE_WEB_PORT": str(port), "HEADRACE_METRICS_PORT": str(metrics_port)}
    child = Child(
        name,
        faust_command("worker", "-l", "info"),
        folder / f"{name}.log",
        environment={**ports, **settings},
        watchdog=watchdog,
    )
    return Worker(child, port, metrics_port)


def faust_command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "faust", "-A", "app", *arguments]
