"""What the database holds, asked by somebody who must not be confused when it is away."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg

from db.queries import load
from tests.chaos.truth import Figures, Truth

_SQL = load(Path(__file__).with_name("stored.sql"))
_KEY_COLUMNS = {
    "traffic_by_cdn_and_asn": 3,
    "traffic_by_cdn": 2,
    "traffic_by_asn": 2,
    "content_sessions": 2,
    "event_dead_letters": 1,
    "places": 2,
}
_CONNECTIONS = 2  # the one from before a restart, then one that works
_ANSWER_SECONDS = 2.0
_COUNT_SECONDS = 120.0


class Database:
    """A connection of the harness's own, that comes back by itself."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self._loop = asyncio.Runner()
        self._open: asyncpg.Connection | None = None

    @property
    def name(self) -> str:
        return self.dsn.rpartition("/")[2]

    def positions(self) -> dict[int, int] | None:
        """Return the next offset to store by partition, None while the database does not answer."""
        for _ in range(_CONNECTIONS):
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                return {row[0]: row[1] for row in self._fetch(_SQL["positions"])}
        return None

    def figures(self) -> Figures:
        """Return what every table holds."""
        return {
            name: {
                tuple(row)[:width]: tuple(map(int, tuple(row)[width:]))
                for row in self._fetch(_SQL[name], seconds=_COUNT_SECONDS)
            }
            for name, width in _KEY_COLUMNS.items()
        }

    def named_differences(self, truth: Truth) -> list[str]:
        """Name the first records that are stored more than once, or not at all."""
        doubles = [
            f"record {_number(truth, partition, offset)} ({partition}/{offset}) is there {times} x"
            for partition, offset, times in self._fetch(_SQL["doubles"], seconds=_COUNT_SECONDS)
        ]
        missing = [
            f"record {_number(truth, partition, row[0])} ({partition}/{row[0]}) is missing"
            for partition, end in truth.ends.items()
            for row in self._fetch(_SQL["missing"], partition, end, seconds=_COUNT_SECONDS)
        ]
        return doubles + missing

    def close(self) -> None:
        if self._open is not None:
            self._open.terminate()
        self._loop.close()

    def _fetch(self, sql: str, *values: Any, seconds: float = _ANSWER_SECONDS) -> list[Any]:
        return self._loop.run(self._ask(sql, *values, seconds=seconds))

    async def _ask(self, sql: str, *values: Any, seconds: float) -> list[Any]:
        try:
            if self._open is None:
                self._open = await asyncpg.connect(self.dsn, timeout=_ANSWER_SECONDS)
            return await self._open.fetch(sql, *values, timeout=seconds)
        except BaseException:
            opened, self._open = self._open, None
            if opened is not None:
                opened.terminate()
            raise


def _number(truth: Truth, partition: int, offset: int) -> str:
    numbers = truth.numbers[partition]
    return str(numbers[offset]) if offset < len(numbers) else "unknown"
