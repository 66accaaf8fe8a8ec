"""`python -m benchmarks.edge`: an edge, with one process by default, and handlers in Go and Java.

The peers are net/http with franz-go (Go 1.25), and Vert.x with Kafka's own producer (JDK 17), as
Strimzi's bridge is built. They run beside each other and take turns, round by round, so that what
else the machine does changes ratios little. Prints JSON. `cpu_us_per_request` is processor time of
the server alone; `steady` sends at a rate, each request when it is due, and counts latencies from
then, so that what waits behind a stall is counted too.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import click

from benchmarks.edge_idle import idle_memory_bytes
from benchmarks.edge_load import send, write_bodies
from benchmarks.edge_servers import Server, Servers
from benchmarks.machine import commit, machine
from devstack.engines import Kafka
from devstack.processes.watchdog import Watchdog

_STREAM = "content_sessions"
_STEADY_EVENTS_PER_SECOND = 20_000
_STEADY_EVENTS = 5
_SIZES = (1, 20)
_IDLE = 10_000
_WARM_REQUESTS = 20_000
_MOST_WARM_UPS = 6

Report = Callable[[str], None]
Figures = dict[str, Any]


class Bench:
    """Servers that are measured in turn, with the same bodies."""

    def __init__(
        self, folder: Path, servers: Mapping[str, Server], seconds: float, connections: int
    ) -> None:
        self._folder, self._servers = folder, servers
        self._seconds, self._connections = seconds, connections

    def measure(self, rounds: int, report: Report) -> Figures:
        """Warm all up, then let them take turns; the median of the rounds counts."""
        for name, server in self._servers.items():
            report(f"{name}: warming up")
            for events in _SIZES:
                self._warm_up(server, events)
        found: Figures = {}
        for events in _SIZES:
            taken = self._turns(events, 0.0, rounds, report)
            found |= {f"{name}_{events}_a_request": some for name, some in taken.items()}
        rate = _STEADY_EVENTS_PER_SECOND / _STEADY_EVENTS
        taken = self._turns(_STEADY_EVENTS, rate, rounds, report)
        found |= {f"{name}_steady": some for name, some in taken.items()}
        found |= {f"{name}_memory_bytes": it.memory_bytes() for name, it in self._servers.items()}
        return found

    def _warm_up(self, server: Server, events: int) -> None:
        # by requests, since Java compiles what was called often: on a busy machine that takes long
        answered = 0
        for _ in range(_MOST_WARM_UPS):
            answered += self._load(server, events)["requests"]
            if answered >= _WARM_REQUESTS:
                return

    def _turns(self, events: int, rate: float, rounds: int, report: Report) -> dict[str, Figures]:
        found: dict[str, list[Figures]] = {name: [] for name in self._servers}
        for turn in range(1, rounds + 1):
            for name, server in self._servers.items():
                asked = f", {rate:,.0f} requests/s" if rate else ""
                report(f"{name}: {events} event(s) a request{asked}, round {turn} of {rounds}")
                found[name].append(self._load(server, events, rate))
        return {name: _medians(some) for name, some in found.items()}

    def _load(self, server: Server, events: int, rate: float = 0.0) -> Figures:
        path = self._folder / f"bodies-{events}"
        if not path.exists():
            write_bodies(path, [[_event(number) for number in range(events)]])
        before = server.cpu_seconds()
        found = send(
            self._folder / "load",
            server.url,
            path,
            seconds=self._seconds,
            rate=rate,
            connections=self._connections,
        )
        cpu = server.cpu_seconds() - before
        return found | {
            "events_per_second": found["requests_per_second"] * events,
            "cpu_us_per_request": cpu / max(1, found["requests"]) * 1e6,
        }


def ratios(found: Figures, peers: list[str]) -> Figures:
    """Compare the edge with its peers: in what came through, and in processor time."""
    told: Figures = {}
    for peer in peers:
        for events in _SIZES:
            ours, theirs = (found[f"{one}_{events}_a_request"] for one in ("edge", peer))
            name = f"{events}_a_request_against_{peer}"
            told[name] = ours["events_per_second"] / theirs["events_per_second"]
            told[f"{name}_by_cpu"] = theirs["cpu_us_per_request"] / ours["cpu_us_per_request"]
    return told


@click.command()
@click.option("--seconds", default=10.0, show_default=True, help="Of each measurement.")
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True)
@click.option("--connections", type=click.IntRange(1), default=64, show_default=True)
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True)
@click.option("--java/--no-java", default=True, help="With the peer in Java, by Maven.")
def main(*, seconds: float, rounds: int, connections: int, workers: int, java: bool) -> None:
    """Measure, and print JSON."""
    with tempfile.TemporaryDirectory(prefix="headrace-edge-") as name, Watchdog() as watchdog:
        folder = Path(name)
        kafka = Kafka(folder / "kafka", watchdog)
        servers = Servers(folder, kafka, watchdog)
        _say("building the load and the peers")
        servers.build(java=java)
        kafka.start()
        try:
            edge = servers.edge(_STREAM, {"HEADRACE_EDGE_WORKERS": str(workers)})  # makes the topic
            found = _measured(
                servers, edge, java=java, seconds=seconds, rounds=rounds, connections=connections
            )
        finally:
            kafka.stop()
    about = {
        "machine": machine("none") | {"granian": version("granian")},
        "load_after": os.getloadavg(),
        "commit": commit(),
        "seconds": seconds,
        "rounds": rounds,
        "connections": connections,
        "workers": workers,
    }
    click.echo(json.dumps(about | found, indent=2))


def _measured(
    servers: Servers, edge: Server, *, java: bool, seconds: float, rounds: int, connections: int
) -> Figures:
    running = {"edge": edge}
    try:
        _say(f"edge: {_IDLE:,} connections that say nothing")
        idle = {
            "edge_without_connections_memory_bytes": running["edge"].memory_bytes(),
            "edge_idle_connections_memory_bytes": idle_memory_bytes(running["edge"], _IDLE),
        }
        running["go"] = servers.go(_STREAM)
        if java:
            running["java"] = servers.java(_STREAM)
        bench = Bench(servers.folder, running, seconds, connections)
        found = bench.measure(rounds, _say)
        return ratios(found, [name for name in running if name != "edge"]) | idle | found
    finally:
        for server in running.values():
            server.child.stop()


def _medians(rounds: list[Figures]) -> Figures:
    return {name: median(one[name] for one in rounds) for name in rounds[0]}


def _say(words: str) -> None:
    click.echo(words, err=True)


def _event(number: int) -> bytes:
    event = {
        "time": datetime.now(UTC).isoformat(),
        "session_id": f"session-{number}",
        "platform": "web",
        "channel": "news",
        "asn": 3320,
        "current_cdn": "Akamai",
        "video_profile_kbps": 4_000,
    }
    return json.dumps(event).encode()


if __name__ == "__main__":
    main()
