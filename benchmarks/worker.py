"""A worker process under measurement."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import psutil

from benchmarks.environment import Place
from benchmarks.progress import check_running
from devstack.measure.worker_status import fetch
from devstack.place.free_ports import free_port
from devstack.processes.child import Child
from devstack.processes.stopping import StopOrder

_FAUST = (sys.executable, "-m", "faust", "-A", "app", "worker", "-l", "warn")
_KIBIBYTE = 1_024
_POLL_SECONDS = 0.5


class Worker:
    """`faust -A app worker`, as anybody starts it."""

    def __init__(
        self, place: Place, *, group: str, prefix: str, dsn: str, streams: str = "content_sessions"
    ) -> None:
        name = place.name("worker")
        port = free_port()
        self.web = f"http://127.0.0.1:{port}"
        self.metrics_port = free_port()
        self.child = Child(
            name,
            _FAUST,
            place.folder / f"{name}.log",
            environment={
                "HEADRACE_BROKER": place.kafka.address,
                "HEADRACE_DATABASE": dsn,
                "HEADRACE_APP_ID": group,
                "HEADRACE_STREAMS": streams,
                "HEADRACE_TOPIC_PREFIX": prefix,
                "HEADRACE_WEB_PORT": str(port),
                "HEADRACE_METRICS_PORT": str(self.metrics_port),
                "HEADRACE_HOME": str(place.folder / name),
            },
            order=StopOrder.WORKER,
            watchdog=place.watchdog,
        )

    def cpu_seconds(self) -> float:
        """Give what it has used so far, in user mode and in the kernel."""
        times = psutil.Process(self.child.pid).cpu_times()
        return float(times.user + times.system)

    def thread_seconds(self) -> dict[int, float]:
        """Give the same by thread, named by the kernel's numbers."""
        threads = psutil.Process(self.child.pid).threads()
        return {thread.id: thread.user_time + thread.system_time for thread in threads}

    def peak_bytes(self) -> int:
        """Give what it held at most of the machine's memory (Linux only)."""
        status = Path(f"/proc/{self.child.pid}/status").read_text(encoding="ascii")
        line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * _KIBIBYTE


async def at_work(worker: Worker) -> None:
    """Return when it has its partitions. Raises StuckError where it ends instead."""
    started = time.time()
    while (status := fetch(worker.web)) is None or status.state != "running":
        check_running([worker.child], started)
        await asyncio.sleep(_POLL_SECONDS)
