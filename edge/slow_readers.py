"""Clients that do not read their answers: cut by the kernel, for granian has no limit of writing.

A connection takes its options over from the socket that listens. granian opens that in Rust, for
each process its own, so it is looked for among the open files of this process.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_FILES = Path("/proc/self/fd")
_PAUSE_SECONDS = 0.05


async def cut_slow_readers(port: int, seconds: float) -> None:
    """Have connections end whose client takes nothing of what was sent for so long.

    Returns when the socket that listens at `port` is there and says so; at once where no kernel
    does it (Linux does).
    """
    if sys.platform != "linux":
        return
    while not _limited(port, round(seconds * 1_000)):  # noqa: ASYNC110 - granian tells nobody
        await asyncio.sleep(_PAUSE_SECONDS)


def _limited(port: int, milliseconds: int) -> bool:
    found = False
    for listener in _listeners():
        with listener:
            if listener.getsockname()[1] == port:
                listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
                found = True
    return found


def _opened(number: int) -> socket.socket:
    copy = os.dup(number)
    try:
        return socket.socket(fileno=copy)
    except OSError:  # no socket: nobody else closes it
        os.close(copy)
        raise


def _listeners() -> Iterator[socket.socket]:
    for file in list(_FILES.iterdir()):
        with suppress(OSError):  # no socket, or closed meanwhile
            one = _opened(int(file.name))
            is_tcp = one.family in {socket.AF_INET, socket.AF_INET6}
            if is_tcp and one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                yield one
            else:
                one.close()
