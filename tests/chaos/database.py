"""What the database holds, asked by somebody who must not be confused when it is away."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg

from db.queries import load
from tests.chaos.streams import Key
from tests.chaos.truth import Figures, Place, Truth

_SQL = load(Path(__file__).with_name("stored.sql"))
_KEY_COLUMNS = {
    "traffic_by_cdn_and_asn": 3,
    "traffic_by_cdn": 2,
    "traffic_by_asn": 2,
    "content_sessions": 2,
    "media_events_by_type": 3,
    "content_plays": 2,
    "media_events": 2,
    "user_event_summary": 3,
    "user_activity": 1,
    "purchases_by_country": 3,
    "purchases": 1,
    "candles_by_product": 2,
    "market_ticks": 1,
    "event_dead_letters": 2,
    "places": 3,
}
_CONNECTIONS = 2  # the one from before a restart, then one that works
_ANSWER_SECONDS = 2.0
_COUNT_SECONDS = 120.0


class Database:
    """A connection of the harness's own, that comes back by itself."""

    def __init__(self, dsn: str, prefix: str) -> None:
        self.dsn = dsn
        self._prefix = prefix
        self._loop = asyncio.Runner()
        self._open: asyncpg.Connection | None = None

    @property
    def name(self) -> str:
        return self.dsn.rpartition("/")[2]

    def positions(self) -> dict[Place, int] | None:
        """Return the next offset to store by place, None while the database does not answer."""
        for _ in range(_CONNECTIONS):
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                rows = self._fetch(_SQL["positions"])
                return {(row[0].removeprefix(self._prefix), row[1]): row[2] for row in rows}
        return None

    def figures(self) -> Figures:
        """Return what every table holds."""
        return {
            name: {
                self._key(tuple(row)[:width]): tuple(map(int, tuple(row)[width:]))
                for row in self._slowly(_SQL[name])
            }
            for name, width in _KEY_COLUMNS.items()
        }

    def named_differences(self, truth: Truth) -> list[str]:
        """Name the first records that are stored more than once, or not at all."""
        doubles = [
            f"record {_number(truth, self._place(topic, partition), offset)} is there {times} x"
            for topic, partition, offset, times in self._slowly(_SQL["doubles"])
        ]
        missing = [
            f"record {_number(truth, place, row[0])} ({place}, {row[0]}) is missing"
            for place, end in truth.ends.items()
            for row in self._slowly(_SQL["missing"], *place, end)
        ]
        return doubles + missing

    def close(self) -> None:
        if self._open is not None:
            self._open.terminate()
        self._loop.close()

    def _place(self, topic: str, partition: int) -> Place:
        return topic.removeprefix(self._prefix), partition

    def _key(self, key: Key) -> Key:
        return tuple(
            part.removeprefix(self._prefix) if isinstance(part, str) else part for part in key
        )

    def _slowly(self, sql: str, *values: Any) -> list[Any]:
        """Give it time, with a view of all records to ask."""
        return self._fetch(f"{_SQL['records']} {sql}", *values, seconds=_COUNT_SECONDS)

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


def _number(truth: Truth, place: Place, offset: int) -> str:
    numbers = truth.numbers[place]
    return str(numbers[offset]) if offset < len(numbers) else "unknown"
