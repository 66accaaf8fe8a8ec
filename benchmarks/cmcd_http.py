"""`python -m benchmarks.cmcd_http`: lines of CMCD a second by HTTP, acknowledged by Kafka.

One process of an edge, a Kafka beside it, and wrk with 64 connections, all on this machine. Besides
what came through it says what a second of the edge's own CPU time does: what else runs here changes
the one, and not the other. `granian_alone` are the same requests to a handler that does nothing:
the most that any edge on this server could do.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import click
import msgspec
import psutil

from benchmarks.machine import commit, machine
from devstack.engines import Kafka
from devstack.place.free_ports import free_port
from devstack.processes.child import Child
from devstack.processes.watchdog import Watchdog

_SCRIPT = Path(__file__).with_name("cmcd.lua")
_MODES = {
    "query_mode": ("query", 1),
    "query_mode_20_in_a_body": ("addresses", 20),
    "event_mode_1": ("event", 1),
    "event_mode_20": ("event", 20),
}
"""How lines travel: the mode, and lines in a request."""

_WARM_UP_SECONDS = 3
_PATIENCE_SECONDS = 60


@click.command()
@click.option("--seconds", type=click.IntRange(1), default=15, show_default=True, help="Each mode.")
@click.option("--connections", type=click.IntRange(1), default=64, show_default=True)
@click.option("--output", type=click.Path(path_type=Path), default=Path("cmcd-http-results.json"))
def main(*, seconds: int, connections: int, output: Path) -> None:
    """Measure every mode, and write what was found as JSON. Needs wrk (Debian has it)."""
    if shutil.which("wrk") is None:
        raise click.ClickException("no wrk on PATH: apt-get install wrk")
    content: dict[str, object] = {"machine": machine(""), "commit": commit()}
    with edge_beside_kafka() as (address, process):
        for name, (mode, lines) in _MODES.items():
            click.echo(f"{name}, {seconds} s ...", err=True)
            content[name] = _measured((address, process), (connections, seconds), mode, lines)
    with _granian_alone() as served:
        click.echo(f"granian alone, {seconds} s ...", err=True)
        content["granian_alone"] = _measured(served, (connections, seconds), "query", 1)
    output.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=2))
    click.echo(output.read_text())


def _measured(
    served: tuple[str, psutil.Process], load: tuple[int, int], mode: str, lines: int
) -> dict[str, float]:
    address, process = served
    connections, seconds = load
    _wrk(address, connections, _WARM_UP_SECONDS, mode, lines)
    before = cpu_seconds(process)
    found = _wrk(address, connections, seconds, mode, lines)
    cpu = cpu_seconds(process) - before
    return {
        "lines_per_second": round(found["requests"] * lines / found["seconds"]),
        "lines_per_cpu_second": round(found["requests"] * lines / cpu),
        "p50_ms": found["p50"],
        "p99_ms": found["p99"],
    }


@contextmanager
def _granian_alone() -> Iterator[tuple[str, psutil.Process]]:
    """Start a server whose handler does nothing; give its address, and its process."""
    folder, port = Path(tempfile.mkdtemp(prefix="headrace-bench-")), free_port()
    command = [sys.executable, "-m", "benchmarks.granian_alone", str(port)]
    with Watchdog() as watchdog:
        server = Child("granian", command, folder / "granian.log", {}, watchdog=watchdog)
        server.start()
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_until_ready(address, server)
            yield address, psutil.Process(server.pid)
        finally:
            server.kill()
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def edge_beside_kafka(**settings: str) -> Iterator[tuple[str, psutil.Process]]:
    """Start a Kafka and an edge; give the edge's address, and its process."""
    folder, port = Path(tempfile.mkdtemp(prefix="headrace-bench-")), free_port()
    with Watchdog() as watchdog:
        kafka = Kafka(folder / "kafka", watchdog)
        kafka.start()
        environment = {
            "HEADRACE_BROKER": kafka.address,
            "HEADRACE_EDGE_PORT": str(port),
            "HEADRACE_EDGE_METRICS_PORT": "0",
            **settings,
        }
        command = [sys.executable, "-m", "app", "edge"]
        edge = Child("edge", command, folder / "edge.log", environment, watchdog=watchdog)
        edge.start()
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_until_ready(address, edge)
            yield address, psutil.Process(edge.pid)
        finally:
            edge.kill()
            kafka.stop()
            shutil.rmtree(folder, ignore_errors=True)


def _wait_until_ready(address: str, edge: Child) -> None:
    deadline = monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            urllib.request.urlopen(address + "/readyz", timeout=5).close()  # noqa: S310 - our own
        except OSError:
            if not edge.running or monotonic() > deadline:
                raise click.ClickException(f"the edge is not ready:\n{edge.tail(20)}") from None
            sleep(0.1)
        else:
            return


def cpu_seconds(process: psutil.Process) -> float:
    """Give what the edge has used, of all its processes."""
    used = [one.cpu_times() for one in (process, *process.children(recursive=True))]
    return sum(times.user + times.system for times in used)


def _wrk(address: str, connections: int, seconds: int, mode: str, lines: int) -> dict[str, float]:
    """Send for so long. Any answer but 2xx ends the measurement."""
    command = ["wrk", "-t", "1", "-c", str(connections), "-d", f"{seconds}s", "--latency"]
    command += ["--timeout", "30s"]
    command += ["-s", str(_SCRIPT), address, "--", mode, str(lines)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        raise click.ClickException(f"not every request was taken:\n{said}")
    requests, took = _found(r"(\d+) requests in ([\d.]+\w+)", said)
    return {
        "requests": float(requests),
        "seconds": _milliseconds(took) / 1_000,
        "p50": _milliseconds(*_found(r"50%\s+([\d.]+\w+)", said)),
        "p99": _milliseconds(*_found(r"99%\s+([\d.]+\w+)", said)),
    }


def _found(pattern: str, said: str) -> tuple[str, ...]:
    match = re.search(pattern, said)
    if match is None:
        raise click.ClickException(f"wrk said what is not understood:\n{said}")
    return match.groups()


def _milliseconds(written: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)([a-z]+)", written).groups()  # type: ignore[union-attr]
    return round(float(number) * {"us": 0.001, "ms": 1, "s": 1_000, "m": 60_000}[unit], 3)


if __name__ == "__main__":
    main()
