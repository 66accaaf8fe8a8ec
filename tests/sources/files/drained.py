"""Reads a source of files without Kafka, as who produces would: what comes, and where it stands."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.content_sessions import CONTENT_SESSIONS
from models.streams import Stream
from sources.base import Record
from sources.files.folder import Folder
from sources.files.options import FileOptions
from sources.files.source import FileSource
from sources.kinds import Opening
from telemetry.source_stats import SourceStats


@dataclass
class Drained:
    """What was read so far, over any number of processes."""

    path: Path
    stream: Stream = CONTENT_SESSIONS
    options: dict[str, Any] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)
    resume: dict[str, Any] = field(default_factory=dict)
    stats: SourceStats = field(default_factory=SourceStats)
    now: float = 2e9
    largest_bytes: int = 1_000_000

    @property
    def values(self) -> list[bytes]:
        return [value for value, _, _ in self.records]

    def source(self) -> FileSource:
        options = FileOptions(path=(str(self.path),), look_seconds=0.01, **self.options)
        place = Folder(options.path, options.after)
        opening = Opening("drained", self.stream, self.stats, self.largest_bytes)
        return FileSource(place, options, opening, clock=lambda: self.now)

    async def all(self) -> "Drained":
        """Read all there is, as a process that then ends."""
        self.options["once"] = True
        await self.until(lambda: False)
        del self.options["once"]
        return self

    async def until(self, enough: Callable[[], bool], most_looks: int = 1_000) -> "Drained":
        """Read on in a process that is killed when it is enough, or when nothing more comes."""
        source = self.source()
        chunks = source.read(dict(self.resume))
        quiet = 0
        try:
            async with asyncio.timeout(60):
                async for chunk in chunks:
                    self.records += chunk.records
                    for name, value in chunk.resume.items():
                        if value is None:
                            self.resume.pop(name, None)
                        else:
                            self.resume[name] = value
                    quiet = 0 if chunk.records else quiet + 1
                    if enough() or quiet > most_looks:
                        break
        finally:
            await chunks.aclose()
            await source.close()
        return self

    async def settled(self) -> "Drained":
        """Read on in a process that is killed when nothing has come for three looks."""
        return await self.until(lambda: False, most_looks=3)
