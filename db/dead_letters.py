"""The dead letters that are stored, and what is known of sending them again."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple, Self

import asyncpg

from db.connecting import connect
from db.queries import load

_SECONDS = 60


class LetterKey(NamedTuple):
    """Which letter; `time` is its record's, so that the index of the table finds it."""

    time: datetime
    topic: str
    partition: int
    offset: int
    epoch: int


class Place(NamedTuple):
    """Where a record is, or from where on to look for it."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}, partition {self.partition}, offset {self.offset}"


@dataclass(frozen=True, slots=True)
class StoredLetter:
    """A letter as the table has it. `replayed` is where it was sent again."""

    key: LetterKey
    reason: str
    detail: str
    context: str
    payload: bytes | None
    stored_at: datetime
    replayed: Place | None
    replayed_at: datetime | None

    @property
    def name(self) -> str:
        """What people call it by: its place in Kafka, as the dead letters' topic has it for key."""
        return f"{self.key.topic}-{self.key.partition}-{self.key.offset}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which letters are asked for: None is any. `end` is not included."""

    topics: Sequence[str] | None = None
    reasons: Sequence[str] | None = None
    begin: datetime | None = None
    end: datetime | None = None
    names: Sequence[str] | None = None
    replayed_too: bool = True

    @property
    def values(self) -> tuple[object, ...]:
        return (
            self.topics,
            self.reasons,
            self.begin,
            self.end,
            self.names,
            self.replayed_too,
        )


@dataclass(frozen=True, slots=True)
class Count:
    """How many letters there are of a topic and reason, and how many of them were sent again."""

    topic: str
    reason: str
    letters: int
    replayed: int


class _TakenError(Exception):
    """Another command has begun one of them."""


class Letters:
    """The table `event_dead_letters`, for one command at a time."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    @classmethod
    @asynccontextmanager
    async def opened(cls, dsn: str) -> AsyncIterator[Self]:
        connection = await connect(dsn, timeout=_SECONDS, command_timeout=_SECONDS)
        try:
            yield cls(connection)
        finally:
            await connection.close()

    async def found(
        self, wanted: Wanted, limit: int, after: LetterKey | None = None
    ) -> list[StoredLetter]:
        behind = after or (None, None, None, None, None)
        rows = await self._connection.fetch(_sql()["found"], *wanted.values, *behind, limit)
        return [_letter(row) for row in rows]

    async def counted(self, wanted: Wanted) -> list[Count]:
        rows = await self._connection.fetch(_sql()["counted"], *wanted.values)
        return [Count(*row) for row in rows]

    async def unsettled_topics(self) -> list[str]:
        return [row[0] for row in await self._connection.fetch(_sql()["unsettled_topics"])]

    async def unsettled(self, topic: str) -> dict[LetterKey, Place]:
        """Give the letters that a command began to send to a topic, and where to look for them."""
        rows = await self._connection.fetch(_sql()["unsettled"], topic)
        return {LetterKey(*row[:5]): Place(topic, row[5], row[6]) for row in rows}

    async def begin(self, topic: str, looked_for: Mapping[LetterKey, Place]) -> bool:
        """Note that letters are about to be sent; False, and nothing noted, unless all are free."""
        places = [(*key, place.partition, place.offset) for key, place in looked_for.items()]
        try:
            async with self._connection.transaction():
                done = await self._connection.execute(
                    _sql()["begin"], topic, *zip(*places, strict=True)
                )
                if done != f"UPDATE {len(places)}":
                    raise _TakenError  # noqa: TRY301 - it rolls back
        except _TakenError:
            return False
        return True

    async def settle(self, offsets: Mapping[LetterKey, int | None]) -> None:
        """Note where letters are now; None for one that was not sent after all."""
        if offsets:
            columns = zip(*((*key, offset) for key, offset in offsets.items()), strict=True)
            await self._connection.execute(_sql()["settle"], *columns)


def _letter(row: asyncpg.Record) -> StoredLetter:
    topic = row["replay_topic"]
    place = Place(topic, row["replay_partition"], row["replay_offset"]) if topic else None
    return StoredLetter(
        LetterKey(*row[:5]),
        row["reason"],
        row["detail"],
        row["context"] or "",
        row["payload"],
        row["stored_at"],
        place,
        row["replayed_at"],
    )


@cache
def _sql() -> Mapping[str, str]:
    return load(Path(__file__).with_name("dead_letters.sql"))
