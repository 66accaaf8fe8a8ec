"""Kill -9 of writers and of S3 while they write: each record is stored once, or the test says so.

The short form of a longer torture; `HEADRACE_TORTURE_SECONDS` makes it longer.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.sinks.parquet.careless_writer import timestamp
from tests.sinks.parquet.gateway import Gateway
from tests.sinks.parquet.sinks import P0, P1, rows, sink_in

_SECONDS = float(os.environ.get("HEADRACE_TORTURE_SECONDS", "8"))
_WRITERS = 3
_WRITER = "tests.sinks.parquet.careless_writer"

pytestmark = pytest.mark.timeout(120 + 3 * _SECONDS)


class Writers:
    """Processes that write to one place, and that are killed and stopped at random."""

    def __init__(self, place: dict[str, Any], *more: str, module: str = _WRITER) -> None:
        self._module = module
        self._arguments = [json.dumps(place), *more]
        self._running = [self._start(number) for number in range(_WRITERS)]
        self._stopped: dict[int, float] = {}
        self.killed = 0

    def strike(self, chance: random.Random) -> None:
        """Perhaps kill one, perhaps stop one, and let those go on whose time it is."""
        now, number = time.monotonic(), chance.randrange(_WRITERS)
        if number not in self._stopped and chance.random() < 0.02:
            self._running[number].kill()
            self._running[number].wait()
            self.killed += 1
            self._running[number] = self._start(chance.randrange(10**6))
        elif number not in self._stopped and chance.random() < 0.02:
            self._running[number].send_signal(signal.SIGSTOP)
            self._stopped[number] = now + chance.uniform(0.1, 3)
        for stopped, until in list(self._stopped.items()):
            if now > until:
                self._running[stopped].send_signal(signal.SIGCONT)
                del self._stopped[stopped]

    def end(self) -> None:
        for writer in self._running:
            writer.kill()
            writer.wait()

    def _start(self, seed: int) -> subprocess.Popen[bytes]:
        place, *more = self._arguments
        return subprocess.Popen(
            [sys.executable, "-m", self._module, place, str(seed), *more],
            cwd=Path(__file__).parents[3],
        )


@contextmanager
def writing(place: dict[str, Any], *more: str, module: str = _WRITER) -> Iterator[Writers]:
    writers = Writers(place, *more, module=module)
    try:
        yield writers
    finally:
        writers.end()


def torture(writers: Writers, folder: Path, gateway: Gateway | None = None) -> int:
    """Strike until the time is over, from when there are objects; give how often S3 was killed."""
    began = time.monotonic()
    while not any(folder.rglob("date=*/**/*.parquet")) and time.monotonic() < began + 60:
        time.sleep(0.05)
    chance, end = random.Random(1), time.monotonic() + _SECONDS
    killed, next_kill = 0, time.monotonic() + 1
    while time.monotonic() < end:
        time.sleep(0.05)
        writers.strike(chance)
        if gateway is not None and time.monotonic() > next_kill:
            gateway.kill()
            gateway.start()
            killed += 1
            next_kill = time.monotonic() + chance.uniform(0.5, 2)
    return killed


async def _stored_and_reached(place: dict[str, Any]) -> tuple[dict[int, list[int]], list[int]]:
    stored: dict[int, list[int]] = {0: [], 1: []}
    for partition, offset in rows(place, "kafka_partition", "kafka_offset"):
        stored[partition].append(offset)
    reached = await sink_in(place).positions([P0, P1])
    return stored, [reached[tp].last_offset for tp in (P0, P1)]


def wanted(last: int) -> list[int]:
    return [offset for offset in range(last + 1) if offset % 13]


async def test_in_a_folder_each_record_is_stored_once(tmp_path: Path) -> None:
    place = {"path": str(tmp_path / "parquet")}
    with writing(place) as writers:
        torture(writers, tmp_path)

    stored, reached = await _stored_and_reached(place)

    assert writers.killed > 0
    assert min(reached) > 500, reached
    for partition, last in enumerate(reached):
        assert stored[partition] == wanted(last)


async def test_in_s3_each_record_is_stored_once(own_gateway: Gateway) -> None:
    place = own_gateway.options(own_gateway.bucket())
    with writing(place) as writers:
        killed = torture(writers, own_gateway.buckets, own_gateway)

    stored, reached = await _stored_and_reached(place)

    assert killed > 0
    assert writers.killed > 0
    assert min(reached) > 500, reached
    for partition, last in enumerate(reached):
        assert stored[partition] == wanted(last)


async def test_without_the_guard_the_same_is_seen_to_fail(tmp_path: Path) -> None:
    place = {"path": str(tmp_path / "parquet")}
    with writing(place, "unguarded") as writers:
        torture(writers, tmp_path)

    stored, reached = await _stored_and_reached(place)

    assert any(stored[partition] != wanted(last) for partition, last in enumerate(reached))


def test_the_records_are_of_several_hours() -> None:
    assert timestamp(200_000) - timestamp(0) > 2 * 3_600_000
