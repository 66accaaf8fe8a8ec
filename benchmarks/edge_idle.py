"""What many connections that say nothing cost a server: phones that keep theirs open."""

from __future__ import annotations

import resource
import socket
from contextlib import ExitStack
from urllib.parse import urlsplit

import click

from benchmarks.edge_servers import Server

_REQUEST = b"GET /livez HTTP/1.1\r\nHost: edge\r\n\r\n"
_SPARE = 200


def idle_memory_bytes(server: Server, connections: int) -> int:
    """Give the server's memory while so many connections are open, each with one answer behind it.

    Raises ClickException where this process may not open as many.
    """
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed < connections + _SPARE:
        if most != resource.RLIM_INFINITY and most < connections + _SPARE:
            raise click.ClickException(f"{connections:,} connections need ulimit -n of more")
        resource.setrlimit(resource.RLIMIT_NOFILE, (connections + _SPARE, most))
    address = urlsplit(server.url)
    with ExitStack() as opened:
        for _ in range(connections):
            one = socket.create_connection((address.hostname, address.port), timeout=60)
            opened.enter_context(one)
            one.sendall(_REQUEST)
            if not one.recv(65_536).startswith(b"HTTP/1.1 200"):
                raise click.ClickException("an idle connection was not answered")
        return server.memory_bytes()
