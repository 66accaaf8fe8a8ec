"""The processes of an edge: granian, and what it is told.

The first one takes no request: it starts the others, and replaces them. What `headrace edge` has
imported by then would be held twice, so `become` puts a process in its place that imports granian
and nothing of the edge.
"""

from __future__ import annotations

import json
import logging
import math
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

logger = logging.getLogger(__name__)

_LOOK_SECONDS = 2.0
_FLUSH_SECONDS = 10


class Serving(NamedTuple):
    """What granian is told, of `config.edge_settings.EdgeSettings`."""

    host: str
    port: int
    workers: int
    connections: int
    idle_seconds: float
    header_bytes: int
    tls_cert: str
    tls_key: str
    kafka_seconds: float

    @property
    def ends_seconds(self) -> int:
        """Say how long a process may take to answer what is under way, which Kafka may delay."""
        return math.ceil(2 * self.kafka_seconds) + _FLUSH_SECONDS


def become(serving: Serving) -> NoReturn:
    """Serve in place of what this process has done so far, with the same id and environment."""
    sys.stdout.flush()
    sys.stderr.flush()
    # by its file and with the same path: `-m` would look into the working directory first, where
    # anybody may have a folder of one of our names
    told = json.dumps({"path": sys.path, "serving": serving._asdict()})
    os.execv(sys.executable, [sys.executable, "-P", __file__, told])  # noqa: S606 - ourselves


def serve(settings: Serving) -> None:
    """Serve until SIGINT or SIGTERM; requests under way are answered first."""
    server = Granian(
        "edge.app:create",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.RSGI,
        workers=settings.workers,
        http=HTTPModes.http1,
        websockets=False,
        backpressure=settings.connections,
        backlog=1_024,
        http1_settings=HTTP1Settings(
            header_read_timeout=round(settings.idle_seconds * 1_000),
            max_buffer_size=settings.header_bytes,
        ),
        log_level=LogLevels.warning,
        ssl_cert=Path(settings.tls_cert) if settings.tls_cert else None,
        ssl_key=Path(settings.tls_key) if settings.tls_key else None,
        respawn_failed_workers=True,
        workers_kill_timeout=settings.ends_seconds,
    )
    if settings.tls_cert:
        # before there is a thread: granian forks, and half an import stays half in what it forks
        from edge.certificates import is_fit, is_out_of_date  # noqa: PLC0415 - memory, for those that use TLS alone

        files = (Path(settings.tls_cert), Path(settings.tls_key))
        told = (files, lambda: is_fit(*files) and not is_out_of_date(*files))
        threading.Thread(target=_watch, args=told, daemon=True).start()
    # granian's own way to the target looks into the working directory first as well
    server.serve(target_loader=_process, wrap_loader=False)


def _process() -> Any:
    """Make what takes requests, in a process of its own."""
    from edge.app import create  # noqa: PLC0415 - memory of the first process

    return create()


def _watch(files: Sequence[Path], may_be_served: Callable[[], bool]) -> None:
    """Have granian replace its processes, gracefully, whenever a certificate has changed."""
    before = told = _states(files)
    pause = threading.Event()
    while True:
        pause.wait(_LOOK_SECONDS)
        now = _states(files)
        if now == before:
            continue
        if may_be_served():
            before = now
            os.kill(os.getpid(), signal.SIGHUP)
        elif now != told:  # once; also while one of the two is replaced and the other one is not
            told = now
            logger.warning(
                "the new certificate and its key do not fit, or it is out of date: the one before "
                "is served"
            )


def _states(files: Sequence[Path]) -> list[tuple[int, int] | None]:
    return [_state(file) for file in files]


def _state(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    sys.path[:] = given["path"]
    serve(Serving(**given["serving"]))
