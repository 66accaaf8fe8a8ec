"""Where a round is played: a topic, a database, workers, and records that flow."""

import asyncio
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

from devstack.processes.watchdog import Watchdog
from generator.target import Target, make_topic
from tests.chaos.database import Database
from tests.chaos.load import Load
from tests.chaos.producer import Flow
from tests.chaos.records import STREAMS
from tests.chaos.truth import Place, Truth, differences
from tests.chaos.workers import Worker, statuses

_POLL_SECONDS = 0.05
_RECOVERY_SECONDS = 90.0


class StuckError(Exception):
    """What had to happen did not, in far more time than it may take."""


class Stage:
    """A context manager: in it workers run and records flow."""

    def __init__(
        self, broker: str, dsn: str, folder: Path, watchdog: Watchdog, load: Load | None = None
    ) -> None:
        self.load = load or Load()
        prefix = f"t{uuid4().hex[:8]}-"
        self.prefix = prefix
        self.environment = {
            "HEADRACE_BROKER": broker,
            "HEADRACE_DATABASE": dsn,
            "HEADRACE_TOPIC_PREFIX": prefix,
            "HEADRACE_APP_ID": f"{prefix}core",
            "HEADRACE_HOME": str(folder / prefix),
            "HEADRACE_SESSION_TIMEOUT_SECONDS": str(self.load.session_timeout_seconds),
        }
        self.peak_memory_bytes = 0
        """The most that any of the workers has held so far."""
        self.truth = Truth(self.load.partitions)
        self.database = Database(dsn, prefix)
        self.workers = [
            Worker(f"{prefix}worker-{number}", folder, self.environment, watchdog)
            for number in range(1, self.load.workers + 1)
        ]
        self._targets = [
            Target(broker, f"{prefix}{stream}", self.load.partitions) for stream in STREAMS
        ]
        self.flow = Flow(broker, prefix, self.truth, self.load.events_per_second)

    def __enter__(self) -> Self:
        for target in self._targets:
            asyncio.run(make_topic(target))
        for worker in self.workers:
            worker.start()
        self.flow.start()
        self.await_more(1)
        self.await_every_worker()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.flow.close()
        for worker in self.workers:
            worker.child.kill()
        self.database.close()

    def until(
        self, condition: Callable[[], bool], what: str, seconds: float = _RECOVERY_SECONDS
    ) -> float:
        """Tend the workers until it is so; return how long that took. Raises StuckError."""
        begun = time.monotonic()
        while not condition():
            if time.monotonic() - begun > seconds:
                raise StuckError(f"after {seconds:.0f} s still not {what}\n{self._told()}")
            self._tend()
            time.sleep(_POLL_SECONDS)
        return time.monotonic() - begun

    def await_stored(self, ends: Mapping[Place, int], seconds: float = _RECOVERY_SECONDS) -> float:
        """Wait until every partition is stored up to here; return how long that took."""
        return self.until(lambda: self._stored_to(ends), f"stored up to {ends}", seconds)

    def await_more(self, records: int) -> None:
        """Wait until so many more records are stored."""
        wanted = self.stored + records
        self.until(lambda: self.stored >= wanted, f"stored {wanted} records")

    def await_every_worker(self) -> None:
        self.until(self.is_whole, "all workers at work")

    def is_whole(self) -> bool:
        """Say whether every partition is held, and by every worker its share."""
        shares = [
            sum(map(len, status.partitions.values()))
            for status in statuses(self.workers)
            if status is not None and status.partitions
        ]
        every = self.load.partitions * len(STREAMS)
        return len(shares) == len(self.workers) and sum(shares) == every

    @property
    def stored(self) -> int:
        """Say how many records are stored, 0 while the database does not answer."""
        return sum((self.database.positions() or {}).values())

    @property
    def lag(self) -> int:
        return self.truth.records - self.stored

    def compare(self) -> list[str]:
        """Wait until everything produced is stored; say what differs from the truth."""
        self.flow.pause()
        self.await_stored(self.truth.ends)
        found = self.differences()
        self.flow.resume()
        return found

    def differences(self) -> list[str]:
        """Say what differs from the truth now, when all is stored and nothing flows."""
        found = differences(self.truth.figures(), self.database.figures())
        if found:
            found += self.database.named_differences(self.truth)
        return found

    def _tend(self) -> None:
        for worker in self.workers:
            worker.tend()
            self.peak_memory_bytes = max(self.peak_memory_bytes, worker.memory_bytes)

    def _stored_to(self, ends: Mapping[Place, int]) -> bool:
        held = self.database.positions()
        return held is not None and all(held.get(at, 0) >= end for at, end in ends.items())

    def _told(self) -> str:
        held = self.database.positions()
        logs = "\n".join(f"{w.child.log}:\n{w.child.tail(40)}" for w in self.workers)
        return f"acknowledged {self.truth.ends}, stored {held}\n{logs}"
