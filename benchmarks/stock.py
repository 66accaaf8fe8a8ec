"""A stock Faust agent: what anybody gets who follows Faust's documentation."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

from benchmarks.environment import Place
from benchmarks.prefilled_topic import Backlog
from benchmarks.progress import check_running
from devstack.place.free_ports import free_port
from devstack.processes.child import Child

_AGENT = "benchmarks.peers.stock_agent"
_POLL_SECONDS = 0.5


async def stock_rate(place: Place, backlog: Backlog, seconds: float) -> float:
    """Give events/s from the first event on, over so many seconds or until all are counted."""
    name = place.name("stock")
    child = Child(
        name,
        [sys.executable, "-m", "faust", "-A", _AGENT, "worker", "-l", "error"],
        place.folder / f"{name}.log",
        environment={
            "BROKER": place.kafka.address,
            "TOPIC": backlog.topic,
            "GROUP": name,  # a new one each time: else it goes on where the last one was
            "PORT": str(free_port()),
            "DATADIR": str(place.folder / name),
        },
        watchdog=place.watchdog,
        grace_seconds=5.0,
    )
    child.start()
    started = time.time()
    try:
        while True:
            check_running([child], started)
            await asyncio.sleep(_POLL_SECONDS)
            count, elapsed = _last_report(child.log)
            if count and (elapsed >= seconds or count >= backlog.events * 0.98):
                return count / elapsed
    finally:
        child.stop()


def _last_report(log: Path) -> tuple[int, float]:
    for line in reversed(log.read_text(errors="replace").splitlines()):
        words = line.split()
        if len(words) == 2 and words[0].isdigit():  # noqa: PLR2004 - events, seconds
            return int(words[0]), float(words[1])
    return 0, 0.0
