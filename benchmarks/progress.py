"""Watching from outside how far the database is: a connection of its own, 20 times a second."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

import asyncpg

from benchmarks.exactness import SQL
from devstack.processes.child import Child

_POLL_SECONDS = 0.05
_LIMIT_SECONDS = 600.0


class StuckError(Exception):
    """What was measured ended or stopped making progress."""


class Seen(NamedTuple):
    """`at` is time.time() after the answer: what it shows has been visible since then or longer."""

    at: float
    stored: dict[int, int]

    @property
    def rows(self) -> int:
        return sum(self.stored.values())


@asynccontextmanager
async def observer(dsn: str, topic: str) -> AsyncIterator[Callable[[], AsyncIterator[Seen]]]:
    """Give a function that looks again and again; before the first row it sees no partitions."""
    connection = await asyncpg.connect(dsn, server_settings={"application_name": "benchmark"})
    try:
        look = await connection.prepare(SQL["positions"])

        async def looks() -> AsyncIterator[Seen]:
            while True:
                rows = await look.fetch(topic)
                yield Seen(time.time(), {row[0]: row[1] for row in rows})
                await asyncio.sleep(_POLL_SECONDS)

        yield looks
    finally:
        await connection.close()


def check_running(children: Sequence[Child], since: float) -> None:
    """Raise StuckError when one has ended, or after ten minutes."""
    for child in children:
        if not child.running:
            raise StuckError(
                f"{child.name} ended with code {child.returncode}. The end of {child.log}:\n"
                f"{child.tail()}"
            )
    if time.time() - since > _LIMIT_SECONDS:
        raise StuckError(f"no end after {_LIMIT_SECONDS:.0f} s. {children[0].tail()}")
