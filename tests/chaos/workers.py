"""Worker processes that somebody starts again whenever they end."""

import signal
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import psutil

from devstack.measure.worker_status import fetch_all
from devstack.place.free_ports import free_port
from devstack.processes.child import Child
from devstack.processes.watchdog import Watchdog
from telemetry.worker_status import WorkerStatus

COMMAND = (sys.executable, "-u", "-m", "faust", "-A", "app", "worker", "-l", "info")


class Worker:
    """One worker process after the other, on the same web port, with one log."""

    def __init__(
        self,
        name: str,
        folder: Path,
        environment: Mapping[str, str],
        watchdog: Watchdog,
        command: Sequence[str] = COMMAND,
    ) -> None:
        self.port = free_port()
        self.exit_codes: list[int] = []
        self._environment = {
            **environment,
            "HEADRACE_WEB_PORT": str(self.port),
            "HEADRACE_METRICS_PORT": "0",
        }
        self.child = Child(name, command, folder / f"{name}.log", watchdog=watchdog)

    def start(self, fault: str = "") -> None:
        self.child.environment = {**self._environment, "HEADRACE_FAULT": fault}
        self.child.start()

    def tend(self) -> None:
        """Start it again if it has ended."""
        code = self.child.returncode
        if code is not None:
            self.exit_codes.append(code)
            self.start()

    def arm(self, fault: str) -> None:
        """Have its next process strike itself: POINT:ACTION[:TIMES]."""
        self.child.stop()
        self.start(fault)

    def pause(self) -> None:
        self.child.send(signal.SIGSTOP)

    def resume(self) -> None:
        self.child.send(signal.SIGCONT)

    @property
    def paused(self) -> bool:
        """Whether SIGSTOP has stopped it."""
        process = self.child.identity.process() if self.child.identity else None
        try:
            return process is not None and process.status() == psutil.STATUS_STOPPED
        except psutil.NoSuchProcess:
            return False

    @property
    def memory_bytes(self) -> int:
        """What it holds of the machine's memory; 0 while there is none."""
        try:
            return int(psutil.Process(self.child.pid).memory_info().rss)
        except psutil.NoSuchProcess:
            return 0

    @property
    def log(self) -> str:
        return self.child.log.read_text(errors="replace")


def statuses(workers: Iterable[Worker]) -> list[WorkerStatus | None]:
    """Ask all of them what they do now; None for one that does not answer."""
    return fetch_all([f"http://127.0.0.1:{worker.port}" for worker in workers])
