"""`python -m benchmarks.edge`: an edge with one process, against net/http with franz-go (Go 1.25).

Both judge the same bodies and answer when Kafka, beside them on this machine, has every record with
`acks=all`. Load comes from a Go program (`benchmarks/edge_peers`) over 64 connections. Prints JSON;
`cpu_us_per_request` is processor time of the server alone, which a busy machine changes less.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click
import psutil

from benchmarks.machine import commit, machine
from devstack.engines import Kafka
from devstack.place.free_ports import free_port
from devstack.processes.child import Child
from devstack.processes.watchdog import Watchdog

_PEERS = Path(__file__).parent / "edge_peers"
_STREAM = "content_sessions"
_WAIT_SECONDS = 60.0
_STEADY_EVENTS_PER_SECOND = 20_000
_STEADY_EVENTS = 5


@dataclass(frozen=True, slots=True)
class Server:
    """One that is measured; `url` takes the events."""

    child: Child
    url: str

    def processes(self) -> list[psutil.Process]:
        parent = psutil.Process(self.child.pid)
        return [parent, *parent.children(recursive=True)]

    def cpu_seconds(self) -> float:
        return sum(sum(one.cpu_times()[:2]) for one in self.processes())

    def memory_bytes(self) -> int:
        return sum(one.memory_info().rss for one in self.processes())


class Bench:
    """Servers and load in one folder."""

    def __init__(self, folder: Path, kafka: Kafka, watchdog: Watchdog, seconds: float) -> None:
        self._folder, self._kafka, self._watchdog = folder, kafka, watchdog
        self._seconds = seconds

    def build(self) -> None:
        """Build the programs in Go, before anything is measured."""
        command = ["go", "build", "-o", f"{self._folder}/", "./load", "./handler"]
        subprocess.run(command, cwd=_PEERS, check=True)

    def edge(self) -> Server:
        port = free_port()
        environment = {
            "HEADRACE_BROKER": self._kafka.address,
            "HEADRACE_STREAMS": _STREAM,
            "HEADRACE_EDGE_PORT": str(port),
            "HEADRACE_EDGE_METRICS_PORT": "0",
            "HEADRACE_EDGE_CONNECTIONS": "20000",
            "HEADRACE_EDGE_IDLE_SECONDS": "300",
        }
        command = [sys.executable, "-m", "app", "edge"]
        url = f"http://127.0.0.1:{port}/v1/events/{_STREAM}"
        return self._server("edge", command, environment, url, f"http://127.0.0.1:{port}/readyz")

    def go(self) -> Server:
        """Start the peer; the edge has made its topic."""
        address = f"127.0.0.1:{free_port()}"
        arguments = ["-broker", self._kafka.address, "-topic", _STREAM, "-address", address]
        command = [str(self._folder / "handler"), *arguments]
        return self._server("go", command, {}, f"http://{address}/", f"http://{address}/")

    def load(self, server: Server, events: int, rate: float = 0.0) -> dict[str, Any]:
        """Send bodies of so many events; all have to be accepted."""
        body = self._folder / f"body-{events}.json"
        made = [_event(number) for number in range(events)]
        body.write_text(json.dumps(made if events > 1 else made[0]))
        before = server.cpu_seconds()
        options = ["-url", server.url, "-body", str(body), "-seconds", str(self._seconds)]
        done = subprocess.run(
            [self._folder / "load", *options, "-rate", str(rate)], capture_output=True, check=True
        )
        found: dict[str, Any] = json.loads(done.stdout)
        cpu = server.cpu_seconds() - before
        return found | {
            "events_per_second": found["requests_per_second"] * events,
            "cpu_us_per_request": cpu / max(1, found["requests"]) * 1e6,
        }

    def _server(
        self, name: str, command: Sequence[str], environment: dict[str, str], url: str, ready: str
    ) -> Server:
        log = self._folder / f"{name}.log"
        child = Child(name, command, log, environment=environment, watchdog=self._watchdog)
        child.start()
        deadline = time.monotonic() + _WAIT_SECONDS
        while not _answers(ready):
            if time.monotonic() > deadline or not child.running:
                raise click.ClickException(f"{name} does not answer:\n{child.tail()}")
            time.sleep(0.1)
        return Server(child, url)


def measured(bench: Bench, report: Callable[[str], None]) -> dict[str, Any]:
    """Measure all, one after the other; each server is warmed up first."""
    found: dict[str, Any] = {}
    for name, start in (("edge", bench.edge), ("go", bench.go)):
        server = start()
        try:
            report(f"{name}: warming up")
            bench.load(server, 20)
            for events in (1, 20):
                report(f"{name}: {events} event(s) a request")
                found[f"{name}_{events}_a_request"] = bench.load(server, events)
            report(f"{name}: {_STEADY_EVENTS_PER_SECOND:,} events/s in requests of 5")
            rate = _STEADY_EVENTS_PER_SECOND / _STEADY_EVENTS
            found[f"{name}_steady"] = bench.load(server, _STEADY_EVENTS, rate)
            found[f"{name}_memory_bytes"] = server.memory_bytes()
        finally:
            server.child.stop()
    one, peer = found["edge_1_a_request"], found["go_1_a_request"]
    found["requests_of_one_against_go"] = one["requests_per_second"] / peer["requests_per_second"]
    return found


@click.command()
@click.option("--seconds", default=10.0, show_default=True, help="Of each measurement.")
def main(seconds: float) -> None:
    """Measure, and print JSON."""
    with tempfile.TemporaryDirectory(prefix="headrace-edge-") as name, Watchdog() as watchdog:
        kafka = Kafka(Path(name) / "kafka", watchdog)
        bench = Bench(Path(name), kafka, watchdog, seconds)
        bench.build()
        kafka.start()
        try:
            found = measured(bench, lambda words: click.echo(words, err=True))
        finally:
            kafka.stop()
    about = {
        "machine": machine("none") | {"granian": version("granian")},
        "load_after": os.getloadavg(),
        "commit": commit(),
        "seconds": seconds,
    }
    click.echo(json.dumps(about | found, indent=2))


def _event(number: int) -> dict[str, object]:
    return {
        "time": datetime.now(UTC).isoformat(),
        "session_id": f"session-{number}",
        "platform": "web",
        "channel": "news",
        "asn": 3320,
        "current_cdn": "Akamai",
        "video_profile_kbps": 4_000,
    }


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - http, of this machine
            return True
    except urllib.error.HTTPError as error:
        return error.code == 400  # noqa: PLR2004 - the peer has no page of its own
    except OSError:
        return False


if __name__ == "__main__":
    main()
