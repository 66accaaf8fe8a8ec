"""`python -m tests.chaos.files`: a source of files, its broker killed, itself frozen and killed.

The source is a process. It is frozen for longer than Kafka keeps a transaction open, so that it
finds itself overtaken and ends; whenever it ends it is started again. Then it reads a gigabyte that
is packed into a megabyte, and a line of 100 MB. Exit code 1 when a record is missing or there
twice, or it has held too much memory.
"""

import asyncio
import gzip
import json
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random

import click
import psutil

from devstack.engines import Kafka
from devstack.place.free_ports import free_port
from devstack.processes.child import Child
from devstack.processes.watchdog import Watchdog
from headrace.testing.sources import committed

_YAML = """\
sources:
  history:
    kind: file
    stream: content_sessions
    path: {path}
    timestamps: now
    look_seconds: 0.05
"""
_FROZEN_SECONDS = 17.0
"""Longer than a transaction may be open: `batching/transactions.py`."""

_MOST_BYTES = 250_000_000
_PATIENCE_SECONDS = 300.0
_MEGABYTE = 1024 * 1024


class Source:
    """The process, started again whenever it ends."""

    def __init__(self, folder: Path, kafka: Kafka, watchdog: Watchdog) -> None:
        self.events = folder / "events"
        self.events.mkdir()
        config = folder / "headrace.yaml"
        config.write_text(_YAML.format(path=self.events), encoding="utf-8")
        self._child = Child(
            "source-history",
            [sys.executable, "-m", "app", "worker", "--role", "source-history"],
            folder / "source.log",
            environment={
                "HEADRACE_BROKER": kafka.address,
                "HEADRACE_HOME": str(folder),
                "HEADRACE_CONFIG": str(config),
                "HEADRACE_WEB_PORT": str(free_port()),
                "HEADRACE_METRICS_PORT": str(free_port()),
            },
            watchdog=watchdog,
        )
        self.most_bytes = 0
        self.written = 0

    def write(self, count: int) -> None:
        with (self.events / "a.jsonl").open("a", encoding="utf-8") as file:
            for number in range(self.written, self.written + count):
                file.write(json.dumps({"session_id": f"s{number}", "n": number}) + "\n")
        self.written += count

    def run_for(self, seconds: float) -> None:
        """Let it run, and more events happen."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.watch()
            self.write(500)
            time.sleep(0.05)

    def watch(self) -> None:
        if not self._child.running:
            self._child.start()
        with suppress(psutil.NoSuchProcess):  # it has just ended
            held = psutil.Process(self._child.pid).memory_info().rss
            self.most_bytes = max(self.most_bytes, held)

    def freeze(self) -> None:
        self._child.send(signal.SIGSTOP)
        time.sleep(_FROZEN_SECONDS)
        self._child.send(signal.SIGCONT)

    def kill(self) -> None:
        self._child.send(signal.SIGKILL)

    def stop(self) -> None:
        self._child.stop()


@click.command(help=__doc__)
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1))
@click.option("--seed", default=1, show_default=True, help="of the faults' moments")
def main(rounds: int, seed: int) -> None:
    folder, random = Path(tempfile.mkdtemp(prefix="headrace-chaos-")), Random(seed)
    with Watchdog() as watchdog:
        kafka = Kafka(folder / "kafka", watchdog)
        kafka.start()
        source = Source(folder, kafka, watchdog)
        for name, strike in [*_faults(source, kafka).items()] * rounds:
            source.run_for(random.uniform(1, 4))
            strike()
            click.echo(f"{name}, at {source.written:,} events")
        _write_bombs(source.events)
        problems = _ended(source, kafka)
        source.stop()
    click.echo("\n".join(problems) or "exact")
    click.echo(f"{source.written:,} events, {source.most_bytes / 1e6:.0f} MB at most")
    if not problems:
        shutil.rmtree(folder)
    sys.exit(bool(problems))


def _faults(source: Source, kafka: Kafka) -> dict[str, Callable[[], None]]:
    def kill_broker() -> None:
        kafka.kill()
        source.run_for(3)
        kafka.start()

    return {
        "the broker was killed": kill_broker,
        "the source was frozen": source.freeze,
        "the source was killed": source.kill,
    }


def _write_bombs(folder: Path) -> None:
    """Write what is left out, with an event behind each."""
    with gzip.open(folder / "b.gz", "wb", compresslevel=1) as bomb:
        for _ in range(1_024):
            bomb.write(bytes(_MEGABYTE))
        bomb.write(b'\n{"n":-1}\n')
    with (folder / "c.jsonl").open("wb") as line:
        for _ in range(100):
            line.write(b"x" * _MEGABYTE)
        line.write(b'\n{"n":-2}\n')


def _ended(source: Source, kafka: Kafka) -> list[str]:
    """Wait until all is there; say what is not as it should be."""
    wanted = Counter([*range(source.written), -1, -2])
    found: Counter[int] = Counter()
    end = time.monotonic() + _PATIENCE_SECONDS
    while len(found) < len(wanted) and time.monotonic() < end:
        for _ in range(20):
            source.watch()
            time.sleep(0.05)
        values = asyncio.run(committed(kafka.address, "content_sessions"))
        found = Counter(json.loads(value)["n"] for value in values)
    problems = []
    if missing := wanted - found:
        problems.append(f"{missing.total():,} records are missing, like {min(missing)}")
    if doubled := found - wanted:
        problems.append(f"{doubled.total():,} records are there again, like {min(doubled)}")
    if source.most_bytes > _MOST_BYTES:
        problems.append(f"{source.most_bytes / 1e6:.0f} MB were held")
    return problems


if __name__ == "__main__":
    main()
