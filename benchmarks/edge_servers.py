"""The edge and its peers, started to be measured: net/http with franz-go, Vert.x with Kafka's own.

All judge the same bodies and answer when Kafka has every record with `acks=all`, idempotently.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from benchmarks.edge_load import cpu_seconds, family
from devstack.engines import Kafka
from devstack.place.free_ports import free_port
from devstack.processes.child import Child
from devstack.processes.watchdog import Watchdog

PEERS = Path(__file__).parent / "edge_peers"
_WAIT_SECONDS = 60.0
_NEEDS = {
    "go": "Go 1.25, for the load and a peer",
    "java": "a JDK of 17 or newer, for a peer",
    "mvn": "Maven, to build a peer",
}


@dataclass(frozen=True, slots=True)
class Server:
    """One that is measured; `url` takes the events."""

    child: Child
    url: str

    def cpu_seconds(self) -> float:
        return cpu_seconds(self.child)

    def memory_bytes(self) -> int:
        """Give what its processes hold, what they share counted once (PSS; Linux only)."""
        return sum(one.memory_full_info().pss for one in family(self.child))


@dataclass(frozen=True, slots=True)
class Servers:
    """Starts them; logs and what was built are in `folder`."""

    folder: Path
    kafka: Kafka
    watchdog: Watchdog

    def build(self, *, java: bool) -> None:
        """Build the programs, before anything is measured; Maven fetches what it has not."""
        needed = [name for name in _NEEDS if java or name == "go"]
        for name in needed:
            if shutil.which(name) is None:
                raise click.ClickException(f"no {name} on PATH: this needs {_NEEDS[name]}")
        command = ["go", "build", "-o", f"{self.folder}/", "./load", "./handler"]
        subprocess.run(command, cwd=PEERS, check=True, stdout=sys.stderr)
        if java:
            shutil.copytree(PEERS / "java", self.folder / "java")  # what it builds stays out of git
            command = ["mvn", "-q", "-B", "-Dstyle.color=never", "package"]
            subprocess.run(command, cwd=self.folder / "java", check=True, stdout=sys.stderr)

    def edge(self, stream: str, more: Mapping[str, str] | None = None) -> Server:
        """Start an edge, of one process, which makes the topic of its stream."""
        port = free_port()
        environment = {
            "HEADRACE_BROKER": self.kafka.address,
            "HEADRACE_STREAMS": stream,
            "HEADRACE_EDGE_PORT": str(port),
            "HEADRACE_EDGE_METRICS_PORT": "0",
            "HEADRACE_EDGE_CONNECTIONS": "20000",
            "HEADRACE_EDGE_IDLE_SECONDS": "300",
            **(more or {}),
        }
        address = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "app", "edge"]
        url = f"{address}/v1/events/{stream}"
        return self._start("edge", command, environment, url, f"{address}/readyz")

    def go(self, topic: str) -> Server:
        address = f"127.0.0.1:{free_port()}"
        arguments = ["-broker", self.kafka.address, "-topic", topic, "-address", address]
        command = [str(self.folder / "handler"), *arguments]
        return self._start("go", command, {}, f"http://{address}/", f"http://{address}/")

    def java(self, topic: str) -> Server:
        """Start it with an event loop for each core, which is more than Strimzi's bridge has."""
        port, built = free_port(), self.folder / "java" / "target"
        classes = os.pathsep.join((f"{built}/classes", f"{built}/dependency/*"))
        arguments = [self.kafka.address, topic, "127.0.0.1", str(port), str(os.cpu_count() or 1)]
        url = f"http://127.0.0.1:{port}/"
        return self._start("java", ["java", "-cp", classes, "Edge", *arguments], {}, url, url)

    def _start(
        self, name: str, command: Sequence[str], environment: dict[str, str], url: str, ready: str
    ) -> Server:
        log = self.folder / f"{name}.log"
        child = Child(name, command, log, environment=environment, watchdog=self.watchdog)
        child.start()
        deadline = time.monotonic() + _WAIT_SECONDS
        while not _answers(ready):
            if time.monotonic() > deadline or not child.running:
                raise click.ClickException(f"{name} does not answer:\n{child.tail()}")
            time.sleep(0.1)
        return Server(child, url)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - http, of this machine
            return True
    except urllib.error.HTTPError as error:
        return error.code == 400  # noqa: PLR2004 - the peers have no page of their own
    except OSError:
        return False
