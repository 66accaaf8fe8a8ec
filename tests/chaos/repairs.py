"""Windows are damaged and recomputed, over and over, beside whatever else happens to a stage."""

import asyncio
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from random import Random
from types import TracebackType
from typing import Self

import asyncpg

from models.all import STREAMS
from models.streams import Stream
from models.windows import Window
from sinks.postgres.recompute import Outcome, Recompute

_AROUND = timedelta(hours=1)
_LATE = (timedelta(), timedelta(hours=5), timedelta(days=9))
"""Where records lie: tests.chaos.records sends some of them as late."""

# With a lock of its own: it goes through rows in no order that workers could keep. Never more than
# there was: a recompute would take that for raw rows that are missing.
_DAMAGE = """
BEGIN;
SET LOCAL lock_timeout = '5s';
LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE;
UPDATE {table} SET {count} = {count} - 1 WHERE random() < {share};
DELETE FROM {table} WHERE random() < {share};
COMMIT
"""
_WINDOWS = [(stream, window) for stream in STREAMS.values() for window in stream.windows]
_SHARES = (0.01, 0.1, 0.5)


class Repairs:
    """A context manager: in it all is damaged and recomputed, at its end everything is right."""

    def __init__(self, dsn: str, random: Random) -> None:
        self.runs = 0
        self.wrong = 0
        self.raw_rows = 0
        self.waits: list[str] = []
        self._dsn = dsn
        self._random = random
        self._ended = threading.Event()
        self._failed: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="repairs", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()
        if self._failed is not None:
            raise self._failed
        asyncio.run(self._repair_all(_LATE))

    def line(self) -> str:
        """Tell it in one line."""
        return (
            f"{self.runs} recomputes read {self.raw_rows:,} raw rows and found {self.wrong:,} "
            f"wrong windows; {len(self.waits)} waited for longer"
        )

    def _run(self) -> None:
        try:
            asyncio.run(self._damage_and_repair())
        except BaseException as error:  # noqa: BLE001 - raised at the end, where somebody listens
            self._failed = error

    async def _damage_and_repair(self) -> None:
        while not self._ended.is_set():
            for _, window in _WINDOWS:
                await self._damage(window)
            await self._repair_all(_LATE[:1])

    async def _damage(self, window: Window) -> None:
        share, count = self._random.choice(_SHARES), window.measures[0].name
        sql = _DAMAGE.format(table=window.table, count=count, share=share)
        with suppress(OSError, asyncpg.PostgresError):
            connection = await asyncpg.connect(self._dsn)
            try:
                await connection.execute(sql)
            finally:
                connection.terminate()

    async def _repair_all(self, ages: Sequence[timedelta]) -> None:
        for (stream, window), age in product(_WINDOWS, ages):
            at = datetime.now(UTC) - age
            outcome = await self._repair(stream, window, at - _AROUND, at + _AROUND)
            self.runs += 1
            self.wrong += outcome.wrong
            self.raw_rows += outcome.raw_rows

    async def _repair(
        self, stream: Stream, window: Window, begin: datetime, end: datetime
    ) -> Outcome:
        total = Outcome(0, 0)
        rebuild = Recompute(self._dsn, stream, window, on_waiting=self.waits.append)
        try:
            for step in await rebuild.plan(begin, end):
                done = await rebuild.step(step)
                total = replace(
                    total, raw_rows=total.raw_rows + done.raw_rows, wrong=total.wrong + done.wrong
                )
        finally:
            await rebuild.close()
        return total
