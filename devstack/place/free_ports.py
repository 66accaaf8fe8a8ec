"""Ports of this machine: chosen free on the first start, then kept with the data."""

import json
import random
import socket
from pathlib import Path

# Below what Linux gives to outgoing connections: a client that knocks at a dead server's port from
# that range will sooner or later be given the same port, reach itself, and hold it.
_RANGE = range(15_000, 32_000)

_claims: set[int] = set()


def free_port() -> int:
    """Return a TCP port on which nothing listens now, and which was given to nobody else.

    Between this and the server's start, seconds later, other processes that ask here (runs of
    `headrace up`, or of tests) are not given the same one: it stays this process's until it ends.
    """
    while True:
        port = random.choice(_RANGE)  # noqa: S311 - no secret
        if port not in _claims and is_free(port) and _claim(port):
            return port


def is_free(port: int) -> bool:
    """Say whether a server could listen there."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _claim(port: int) -> bool:
    """Make a port this process's, or say that it is another's.

    The UDP port of the same number is the sign: nobody uses it, only one process can have it, and
    no crash leaves it behind.
    """
    if port in _claims:
        return True
    sign = socket.socket(type=socket.SOCK_DGRAM)
    try:
        sign.bind(("127.0.0.1", port))
    except OSError:
        sign.close()
        return False
    sign.detach()  # nobody closes it: it is held until the process ends
    _claims.add(port)
    return True


def kept_ports(file: Path, names: tuple[str, ...]) -> dict[str, int]:
    """Return the ports that the file holds by name, choosing and keeping those it lacks.

    A second start has the addresses of the first, so that other programs' settings stay right. A
    port that somebody else has taken since is replaced.
    """
    kept: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}
    ports = {
        name: kept[name]
        for name in names
        if name in kept and is_free(kept[name]) and _claim(kept[name])
    }
    ports |= {name: free_port() for name in names if name not in ports}
    if ports != kept:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(ports))
    return ports
