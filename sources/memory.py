"""A source for tests: records from a list that may grow, and the ways in which one can fail."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from sources.base import Chunk, Record, Resume, SourceUnavailable

_LOOK_SECONDS = 0.01


@dataclass
class MemorySource:
    """Reads the list from where it stood; its resume point is how many records were read.

    At the list's end it waits for more, unless it `ends` there.
    """

    records: Sequence[Record]
    chunk_records: int = 10
    label: str = "memory"
    ends: bool = False
    away: bool = False
    """While so, whatever is asked fails."""
    silent: bool = False
    """While so, it says nothing."""
    read_records: int = 0
    """How many were handed out, repeats included."""
    closed: bool = False

    async def read(self, resume: Resume) -> AsyncGenerator[Chunk, None]:
        place = int(resume.get(self.label, 0))
        while True:
            some = self.records[place : place + self.chunk_records]
            if self.away:
                raise SourceUnavailable("the list is away")
            if not some and self.ends:
                return
            if self.silent or not some:
                await asyncio.sleep(_LOOK_SECONDS)
                if not self.silent:
                    yield Chunk(())
                continue
            place += len(some)
            self.read_records += len(some)
            yield Chunk(some, {self.label: place})

    async def close(self) -> None:
        self.closed = True
