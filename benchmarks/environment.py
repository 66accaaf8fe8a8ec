"""Where a run takes place: a broker and a database of its own, gone at the end."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from db.migrate import migrate
from devstack.engines import Kafka, Postgres
from devstack.processes.watchdog import Watchdog


@dataclass(frozen=True, slots=True)
class Place:
    """Engines in a temporary folder."""

    kafka: Kafka
    postgres: Postgres
    folder: Path
    watchdog: Watchdog
    _numbers: Iterator[int] = field(default_factory=count)

    def name(self, what: str) -> str:
        """Make a name that nothing else in this run has."""
        return f"{what}{next(self._numbers)}"

    @asynccontextmanager
    async def database(self) -> AsyncIterator[str]:
        """Give the DSN of a new, migrated database; checkpointed, so that runs begin alike."""
        name = self.name("bench")
        self.postgres.query(f"CREATE DATABASE {name}")
        try:
            await migrate(self.postgres.dsn(name))
            self.postgres.query("CHECKPOINT")
            yield self.postgres.dsn(name)
        finally:
            self.postgres.query(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def place() -> Iterator[Place]:
    """Start both engines; stop them whatever happens, and with kill -9 of this process too."""
    folder = Path(tempfile.mkdtemp(prefix="headrace-bench-"))
    try:
        with Watchdog() as watchdog:
            kafka = Kafka(folder / "kafka", watchdog)
            postgres = Postgres(folder / "postgres", watchdog)
            with ThreadPoolExecutor(2) as pool:
                for started in [pool.submit(engine.start) for engine in (kafka, postgres)]:
                    started.result()
            yield Place(kafka, postgres, folder, watchdog)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
