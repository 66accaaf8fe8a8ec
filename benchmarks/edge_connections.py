"""`python -m benchmarks.edge_connections`: memory of an edge with idle keep-alive connections.

Each has sent one event that Kafka acknowledged, and stays open. `rss` adds up all processes, pages
that they share counted for each; `pss` counts those once, and is what the machine has less.
Prints JSON. Needs as many open files as there are connections (ulimit -n), and some.
"""

from __future__ import annotations

import json
import socket
from contextlib import ExitStack
from datetime import UTC, datetime
from urllib.parse import urlsplit

import click
import psutil

from benchmarks.cmcd_http import edge_beside_kafka
from benchmarks.machine import commit, machine

_TOGETHER = 100
_TAKEN = b"HTTP/1.1 202"


@click.command()
@click.option("--connections", type=click.IntRange(1, 60_000), default=10_000, show_default=True)
def main(connections: int) -> None:
    """Open connections, send one event over each, and say what the edge holds."""
    settings = {
        "HEADRACE_STREAMS": "content_sessions",
        "HEADRACE_EDGE_CONNECTIONS": str(connections + 100),
        "HEADRACE_EDGE_IDLE_SECONDS": "600",
    }
    with edge_beside_kafka(**settings) as (address, process), ExitStack() as opened:
        before = _memory(process)
        for first in range(0, connections, _TOGETHER):
            _open(address, min(_TOGETHER, connections - first), opened)
            click.echo(f"\r{first:,} connections", nl=False, err=True)
        click.echo("", err=True)
        found = {"without_connections": before, f"with_{connections}": _memory(process)}
    about = {"machine": machine("none"), "commit": commit()}
    click.echo(json.dumps(about | found, indent=2))


def _open(address: str, count: int, opened: ExitStack) -> None:
    where = urlsplit(address)
    clients = [
        opened.enter_context(socket.create_connection((where.hostname, where.port or 80), 60))
        for _ in range(count)
    ]
    for client in clients:
        client.sendall(_request())
    for client in clients:
        if not client.recv(4_096).startswith(_TAKEN):
            raise click.ClickException("an event was not taken")


def _request() -> bytes:
    event = {
        "time": datetime.now(UTC).isoformat(),
        "session_id": "idle",
        "platform": "web",
        "channel": "news",
        "asn": 3320,
        "current_cdn": "Akamai",
        "video_profile_kbps": 4_000,
    }
    body = json.dumps(event)
    head = (
        "POST /v1/events/content_sessions HTTP/1.1\r\nHost: edge\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return f"{head}{body}".encode()


def _memory(process: psutil.Process) -> dict[str, int]:
    """Give megabytes."""
    found = [one.memory_full_info() for one in (process, *process.children(recursive=True))]
    return {
        "rss_mb": round(sum(one.rss for one in found) / 2**20),
        "pss_mb": round(sum(one.pss for one in found) / 2**20),
    }


if __name__ == "__main__":
    main()
