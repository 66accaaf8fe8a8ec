"""One installation of Headrace for one test: a topic, a database, and workers to start."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg

from devstack.processes.watchdog import Watchdog
from tests.integration.topics import Topic
from tests.integration.worker import Worker, worker_process

_COMMAND_SECONDS = 60


@dataclass
class Headrace:
    """What belongs together: the settings, and what can be asked about their result."""

    topic: Topic
    prefix: str
    database: str
    folder: Path
    watchdog: Watchdog
    workers: list[Worker] = field(default_factory=list)
    more: dict[str, str] = field(default_factory=dict)
    """Settings of this test's own."""

    @property
    def group(self) -> str:
        return f"{self.prefix}workers.content_sessions"

    @property
    def dead_letters_topic(self) -> Topic:
        return Topic(self.topic.broker, f"{self.topic.name}.dead-letters")

    @property
    def settings(self) -> dict[str, str]:
        return {
            "HEADRACE_BROKER": self.topic.broker,
            "HEADRACE_DATABASE": self.database,
            "HEADRACE_TOPIC_PREFIX": self.prefix,
            "HEADRACE_APP_ID": f"{self.prefix}workers",
            "HEADRACE_STREAMS": "content_sessions",  # starts sooner than all of them
            "HEADRACE_HOME": str(self.folder),
            "HEADRACE_TOPIC_PARTITIONS": "1",
            "HEADRACE_FLUSH_INTERVAL_SECONDS": "0.1",
            **self.more,
        }

    def worker(self, settings: Mapping[str, str] | None = None) -> Worker:
        """Make a worker, not started yet."""
        worker = worker_process(
            f"worker-{len(self.workers) + 1}",
            self.folder,
            {**self.settings, **(settings or {})},
            self.watchdog,
        )
        self.workers.append(worker)
        return worker

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command with this installation's settings."""
        return subprocess.run(
            [sys.executable, "-m", *command],
            env=os.environ | self.settings,
            capture_output=True,
            text=True,
            check=False,
            timeout=_COMMAND_SECONDS,
        )

    def query(self, sql: str, *arguments: object) -> list[tuple[Any, ...]]:
        """Ask the database."""

        async def ask() -> list[tuple[Any, ...]]:
            connection = await asyncpg.connect(self.database)
            try:
                return [tuple(row) for row in await connection.fetch(sql, *arguments)]
            finally:
                await connection.close()

        # in a thread of its own: a browser that is open has made this one's event loop its own
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(lambda: asyncio.run(ask())).result()

    def records_stored(self) -> int:
        """Count rows and dead letters."""
        sql = "SELECT (SELECT count(*) FROM content_sessions) + count(*) FROM event_dead_letters"
        return int(self.query(sql)[0][0])

    def wait_for_records(self, worker: Worker, count: int) -> None:
        """Wait until so many rows and dead letters are stored, and not more."""
        worker.wait_until(lambda: self.records_stored() >= count, f"at {count} records")
        assert self.records_stored() == count
