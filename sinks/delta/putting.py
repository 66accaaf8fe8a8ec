"""A table's folder: files that nobody reads until a commit names them, and the log's entries."""

import asyncio
import time
from collections.abc import Sequence
from datetime import date
from functools import partial
from uuid import uuid4

from deltalake.transaction import AddAction

from config.environment import PlainError
from models.batches import Part
from models.positions import Positions, TopicPartition
from sinks.delta.files import Files, Rows, by_day
from sinks.delta.log import MOST
from sinks.delta.options import PARTITION
from sinks.delta.statistics import statistics
from sinks.ending import to_the_end
from sinks.parquet.objects import Objects
from sinks.parquet.together import Together

_LOG = "_delta_log"
_AT_ONCE = 16
"""So many entries of the log are read at the same time."""

_KEPT_SECONDS = 3_600.0
"""So long a file waits for a commit to name it, at most: a VACUUM deletes what waits for days."""

_Range = tuple[TopicPartition, int, int, int]


class OccupiedError(PlainError):
    """Something else stands where a table is to be made."""


class Putting:
    """Makes files of one stream and puts them; those of the last write are not put twice."""

    def __init__(self, objects: Objects, files: Files, path: str) -> None:
        self._objects = objects
        self._files = files
        self._path = path
        self._last: tuple[frozenset[_Range], Sequence[AddAction]] = (frozenset(), ())
        self._put_at = 0.0

    async def prepare(self, topic: str) -> None:
        """Get ready. Raises OccupiedError where a table would be made among other files.

        A VACUUM deletes what no version of the table names: theirs, for one.
        """
        await self._objects.prepare()
        names = [*await self._objects.folders(topic), *await self._objects.files(topic)]
        if names and _LOG not in names:
            raise OccupiedError(
                f"{self._path}/{topic} holds other files ({min(names)}), and is no Delta table: "
                "give the sink a path of its own"
            )

    async def entry(self, topic: str, version: int) -> bytes | None:
        """Give what the table's log says of a version; None where it says nothing (any more).

        Not by deltalake's `history`, which stops all other threads while it waits for S3.
        """
        if version < 0:
            return None
        return await self._objects.read(f"{topic}/{_LOG}/{version:020}.json")

    async def entries(self, topic: str, behind: int, last: int) -> Sequence[bytes]:
        """Give what the log says behind one version, up to another: the newest, without a gap."""
        reading = Together[bytes | None](_AT_ONCE)
        for version in range(max(behind + 1, last - MOST + 1), last + 1):
            reading.add(partial(self.entry, topic, version))
        found = await reading.done()
        gap = max((place for place, entry in enumerate(found) if entry is None), default=-1)
        return [entry for entry in found[gap + 1 :] if entry is not None]

    async def put(
        self, topic: str, parts: Sequence[Part], expected: Positions, epoch: int
    ) -> Sequence[AddAction]:
        """Put the rows of these parts, a file for each day. Raises SinkUnavailable."""
        # the same offsets from the same position are the same rows: a write that is tried again
        which = frozenset(
            (part.tp, epoch, expected[part.tp].last_offset, part.last_offset) for part in parts
        )
        is_old = time.monotonic() - self._put_at > _KEPT_SECONDS
        if is_old or self._last[0] != which:
            self._put_at = time.monotonic()
            made = [await self._put(topic, day, rows, epoch) for day, rows in by_day(parts).items()]
            self._last = which, made
        return self._last[1]

    async def close(self) -> None:
        await self._objects.close()

    async def _put(self, topic: str, day: date, rows: Sequence[Rows], epoch: int) -> AddAction:
        body = await asyncio.to_thread(self._files.write, rows, epoch)
        path = f"{PARTITION}={day.isoformat()}/{uuid4().hex}.parquet"
        await to_the_end(self._objects.create(f"{topic}/{path}", body, {}))
        return AddAction(
            path,
            len(body),
            {PARTITION: day.isoformat()},
            int(time.time() * 1_000),
            data_change=True,
            stats=await asyncio.to_thread(statistics, body),
        )
