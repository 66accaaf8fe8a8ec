"""A stage on which every sink stores the same records: PostgreSQL and all kinds beside it."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from devstack.engines.clickhouse import Clickhouse
from devstack.processes.watchdog import Watchdog
from tests.chaos.load import Load
from tests.chaos.sinks.held import (
    Held,
    HeldInClickhouse,
    HeldInDelta,
    HeldInFiles,
    HeldInParquet,
)
from tests.chaos.stage import Stage
from tests.chaos.truth import Place
from tests.chaos.workers import COMMAND, Worker, statuses
from tests.sinks.parquet.gateway import Gateway

_FLUSH = {"flush_seconds": 0.5}
_CARELESS = (sys.executable, "-u", "-m", "tests.chaos.sinks.unguarded", *COMMAND[4:])


@dataclass(slots=True)
class Role:
    """One sink: what it holds, its worker, and another that runs while that one is frozen."""

    held: Held
    worker: Worker
    stand_in: Worker
    stands_in: bool = False

    @property
    def name(self) -> str:
        return self.held.name

    @property
    def running(self) -> list[Worker]:
        return [self.worker, self.stand_in] if self.stands_in else [self.worker]

    def begin_to_stand_in(self) -> None:
        self.stands_in = True
        self.stand_in.start()

    def end_to_stand_in(self) -> None:
        self.stands_in = False
        self.stand_in.child.stop()

    def has_taken_over(self) -> bool:
        [told] = statuses([self.stand_in])
        return told is not None and bool(told.partitions)


class SinksStage(Stage):
    """`guarded` is False for the control: its workers must be seen to miscount."""

    def __init__(
        self,
        broker: str,
        dsn: str,
        folder: Path,
        watchdog: Watchdog,
        load: Load,
        *,
        clickhouse: Clickhouse,
        s3: Gateway,
        guarded: bool = True,
    ) -> None:
        super().__init__(broker, dsn, folder, watchdog, load)
        own = folder / self.prefix
        helds: Sequence[Held] = (
            HeldInFiles(
                "lines", {"kind": "file", "path": str(own / "lines"), **_FLUSH}, self.prefix
            ),
            HeldInParquet(
                "folder", {"kind": "parquet", "path": str(own / "parquet"), **_FLUSH}, self.prefix
            ),
            HeldInParquet("bucket", _in_s3("parquet", s3), self.prefix),
            HeldInDelta("lake", _in_s3("delta", s3), self.prefix),
            HeldInClickhouse("columns", clickhouse, self.prefix, **_FLUSH),
        )
        own.mkdir(parents=True)
        document = own / "headrace.yaml"  # JSON is YAML
        document.write_text(json.dumps({"sinks": {held.name: held.entry for held in helds}}))
        common = {**self.environment, "HEADRACE_CONFIG": str(document)}
        command = COMMAND if guarded else _CARELESS

        def worker(held: Held, more: str = "") -> Worker:
            name = f"{self.prefix}{held.name}{more}"
            return Worker(name, folder, {**common, "HEADRACE_ROLE": held.name}, watchdog, command)

        self._guarded = guarded
        self.roles = [Role(held, worker(held), worker(held, "-stand-in")) for held in helds]

    def __enter__(self) -> Self:
        for role in self.roles:
            role.worker.start()
        super().__enter__()
        self.await_sinks()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, traceback)
        for role in self.roles:
            for worker in (role.worker, role.stand_in):
                worker.child.kill()
            role.held.close()

    @property
    def replaceable(self) -> list[Role]:
        """Those that another worker can take over from one that is frozen.

        Not files: one that is frozen while it writes holds their lock, and others wait for it.
        """
        return [role for role in self.roles if role.name != "lines" or not self._guarded]

    def await_sinks(self, roles: Sequence[Role] = ()) -> float:
        """Wait until all that is acknowledged now is in these sinks; return how long that took."""
        ends = self.truth.ends
        waiting = list(roles or self.roles)

        def all_reach() -> bool:
            waiting[:] = [role for role in waiting if not role.held.reaches(ends)]
            return not waiting

        return self.until(all_reach, f"stored in {', '.join(role.name for role in waiting)}")

    def await_stored(self, ends: Mapping[Place, int], seconds: float = 90.0) -> float:
        return super().await_stored(ends, seconds) + self.await_sinks()

    def differences(self) -> list[str]:
        """Compare every sink with the truth, each by itself."""
        return super().differences() + [
            what for role in self.roles for what in role.held.differences(self.truth)
        ]

    def _tended(self) -> Iterator[Worker]:
        yield from self.workers
        for role in self.roles:
            yield from role.running

    def _tend(self) -> None:
        for worker in self._tended():
            worker.tend()
            self.peak_memory_bytes = max(self.peak_memory_bytes, worker.memory_bytes)


def _in_s3(kind: str, s3: Gateway) -> dict[str, Any]:
    return {"kind": kind, **s3.options(s3.bucket()), **_FLUSH}
