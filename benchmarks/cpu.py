"""Where a draining worker's CPU time goes: a profile by sampling, split into stages."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.drain import STEADY
from benchmarks.environment import Place
from benchmarks.prefilled_topic import Backlog
from benchmarks.progress import StuckError, check_running, observer
from benchmarks.stages import split
from benchmarks.worker import Worker

_SAMPLES_PER_SECOND = "200"
_END_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Split:
    """Shares of the CPU time, and the samples' file, which flamegraph.pl and speedscope read."""

    shares: dict[str, float]
    samples: int
    profile: Path


async def profile(place: Place, backlog: Backlog, dsn: str, into: Path) -> Split:
    """Drain once more under py-spy, from the first row until nearly all is stored."""
    worker = Worker(place, group=place.name("group"), prefix=backlog.prefix, dsn=dsn)
    worker.child.start()
    started = time.time()
    spy: subprocess.Popen[bytes] | None = None
    before: dict[int, float] = {}
    try:
        async with observer(dsn, backlog.topic) as looks:
            async for seen in looks():
                check_running([worker.child], started)
                if seen.rows and spy is None:
                    spy, before = _spy(worker, into), worker.thread_seconds()
                if seen.rows >= backlog.events * STEADY:
                    break
        after = worker.thread_seconds()
        _end(spy)
    finally:
        worker.child.stop()
    return _split(into, {thread: after[thread] - before.get(thread, 0.0) for thread in after})


def _split(profile: Path, seconds: Mapping[int, float]) -> Split:
    lines = profile.read_text(encoding="utf-8").splitlines()
    spent = split(lines, seconds)
    total = sum(spent.values())
    samples = sum(int(line.rpartition(" ")[2]) for line in lines)
    return Split({stage: taken / total for stage, taken in spent.items()}, samples, profile)


def _spy(worker: Worker, into: Path) -> subprocess.Popen[bytes]:
    into.unlink(missing_ok=True)
    program = shutil.which("py-spy", path=str(Path(sys.executable).parent)) or "py-spy"
    options = ["--format", "raw", "--rate", _SAMPLES_PER_SECOND, "--threads", "--full-filenames"]
    return subprocess.Popen(
        [program, "record", "--pid", str(worker.child.pid), "-o", into, "-d", "3600", *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def _end(spy: subprocess.Popen[bytes] | None) -> None:
    if spy is None:
        raise StuckError("everything was stored at once: too few events for a profile")
    spy.send_signal(signal.SIGINT)
    _, told = spy.communicate(timeout=_END_SECONDS)
    if spy.returncode:
        raise StuckError(f"py-spy failed: {told.decode()}")
