"""Engines of one run: Kafka, PostgreSQL, and ClickHouse and an S3 once somebody asks for them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.environment import Place, place
from benchmarks.worker import Worker
from devstack.engines.clickhouse import Clickhouse
from tests.sinks.parquet.gateway import Gateway

Entries = Mapping[str, Mapping[str, Any]]
"""Sinks as they stand in headrace.yaml, by name."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where everything is; `clickhouse` and `s3` start when they are first asked for."""

    here: Place
    _clickhouse: Clickhouse
    _s3: Gateway

    @property
    def clickhouse(self) -> Clickhouse:
        self._clickhouse.start()
        return self._clickhouse

    @property
    def s3(self) -> Gateway:
        self._s3.start()
        return self._s3

    def document(self, entries: Entries) -> Path:
        """Write headrace.yaml; JSON is YAML."""
        file = self.here.folder / f"{self.here.name('headrace')}.yaml"
        file.write_text(json.dumps({"sinks": entries}))
        return file

    def workers(
        self,
        role: str,
        document: Path,
        *,
        prefix: str,
        streams: str,
        count: int = 1,
        dsn: str = "",
    ) -> list[Worker]:
        """Make `headrace worker --role ROLE` so many times, of one group; none is started."""
        group = self.here.name("group")
        dsn = dsn or self.here.postgres.dsn("postgres")
        crew = [
            Worker(self.here, group=group, prefix=prefix, dsn=dsn, streams=streams)
            for _ in range(count)
        ]
        for worker in crew:
            worker.child.name = f"{worker.child.name}-{role}"
            worker.child.command = (sys.executable, "-m", "app", "worker", "--role", role)
            worker.child.environment = {
                **worker.child.environment,
                "HEADRACE_CONFIG": str(document),
            }
        return crew

    def stop(self) -> None:
        for engine in (self._clickhouse, self._s3):
            engine.kill()


@contextmanager
def stage() -> Iterator[Stage]:
    """Start what every case needs; stop all of it at the end."""
    with place() as here:
        made = Stage(
            here,
            Clickhouse(here.folder / "clickhouse", here.watchdog),
            Gateway(here.folder / "s3", here.watchdog),
        )
        try:
            yield made
        finally:
            made.stop()


def start(crew: Sequence[Worker]) -> None:
    for worker in crew:
        worker.child.start()


def stop(crew: Sequence[Worker]) -> None:
    for worker in crew:
        worker.child.stop()
