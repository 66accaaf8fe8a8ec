"""What every engine on this machine has: a folder, a process, and the same ways to end it."""

from __future__ import annotations

import signal
from pathlib import Path

from devstack.processes.child import Child
from devstack.processes.stopping import StopOrder
from devstack.processes.watchdog import Watchdog

START_SECONDS = 90.0
"""Kafka needs five on a quiet machine; PostgreSQL may replay gigabytes after a crash."""

_GRACE_SECONDS = 20.0


class Engine:
    """One server whose data, settings and ports live in a folder. Starting again goes on there."""

    def __init__(
        self,
        name: str,
        stem: str,
        folder: Path,
        order: StopOrder,
        watchdog: Watchdog | None,
        *,
        stop_signal: int = signal.SIGTERM,
    ) -> None:
        """Take its name for people, that of its files, its folder, and when it stops."""
        self.folder = folder.resolve()
        self.child = Child(
            name,
            (),
            self.folder / f"{stem}.log",
            pid_file=self.folder / f"{stem}.pid",
            stop_signal=stop_signal,
            grace_seconds=_GRACE_SECONDS,
            order=order,
            watchdog=watchdog,
        )

    def start(self) -> None:
        """Start and wait until clients are served. Raises EngineError."""
        if self.child.running:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        self.child.stop_leftover()
        self._start()

    def _start(self) -> None:
        """Start, the folder being there and the process not. Raises EngineError."""
        raise NotImplementedError

    def stop(self) -> None:
        self.child.stop()

    def kill(self) -> None:
        """Kill -9 the server and whatever it has started."""
        self.child.kill()

    def restart(self) -> None:
        self.stop()
        self.start()
