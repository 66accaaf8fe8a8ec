"""Partitions on demand: where rows go whose day nobody has made yet (docs/guides/retention.md)."""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, timedelta
from pathlib import Path

import asyncpg

from db.queries import load

_DAY_US = 86_400_000_000
_EPOCH = date(1970, 1, 1)
_DAYS_AT_ONCE = 30
"""In one transaction, which others that need a new day wait for: at most a second or so."""


class KnownDays:
    """Remembers which days of a stream's tables have their partitions; one for each writer.

    Days are numbers, counted from 1970-01-01 (UTC). `straddles` says that one of the windows does
    not divide the day, so that it may begin on the day before its events.
    """

    def __init__(self, table: str, windows: Iterable[str], *, straddles: bool = False) -> None:
        self._table = table
        self._tables = [table, *windows]
        self._straddles = straddles
        self._homes: dict[int, str] = {}

    async def ensure(self, connection: asyncpg.Connection, days: AbstractSet[int]) -> list[str]:
        """Make the partitions that rows of these days need and do not have; return their names.

        Call it before BEGIN, on the connection that then writes. With nothing new it asks nobody.
        A partition goes again when what it holds has expired: where a COPY or an upsert raises
        asyncpg.CheckViolationError or asyncpg.UndefinedTableError, `forget` and write again.
        """
        unknown = days - self._homes.keys()
        if not unknown:
            return []
        new = [day(number) for number in sorted(unknown)]
        early = [one - timedelta(days=1) for one in new] if self._straddles else []
        made = await ensure_days(connection, self._tables, [*early, *new])
        homes = {
            row["day"]: row["partition"]
            for row in await connection.fetch(statement("homes"), self._table, new)
        }
        self._homes |= {number: homes.get(day(number), self._table) for number in unknown}
        return made

    def target(self, days: AbstractSet[int]) -> str:
        """Say which table to COPY these days' rows into: the partition, where one takes them all.

        COPY through the partitioned table costs an eighth more (docs/guides/retention.md).
        """
        homes = {self._homes.get(number, self._table) for number in days}
        return homes.pop() if len(homes) == 1 else self._table

    def forget(self) -> None:
        """Ask the database again for every day."""
        self._homes.clear()


def day(number: int) -> date:
    """Give the date that begins so many days after 1970-01-01."""
    return _EPOCH + timedelta(days=number)


async def ensure_days(
    connection: asyncpg.Connection, tables: Sequence[str], days: Iterable[date]
) -> list[str]:
    """Make the partitions of kept tables that rows of these days (UTC) go to; return their names.

    Not to be called within a transaction, since workers that do the same wait for each other until
    its end. All end with the same partitions, and what was made stays when this is interrupted.
    Nothing happens for hypertables, which make their own chunks. Raises
    asyncpg.LockNotAvailableError where a partition is just being dropped: try again.
    """
    made: list[str] = []
    wanted = sorted(set(days))
    for first in range(0, len(wanted), _DAYS_AT_ONCE):
        some = wanted[first : first + _DAYS_AT_ONCE]
        rows = await connection.fetch(statement("make_partitions"), tables, some)
        made.extend(row["made"] for row in rows)
    return made


def statement(name: str) -> str:
    """Give a named statement of keeping.sql."""
    return load(Path(__file__).with_name("retention.sql"))[name]
