"""Reads what is in files, and what is added to them: read this to see how.

look ─▶ which files are due (`ledger.py`) ─▶ each to its end, block by block ─▶ chunks
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from sources.base import Chunk, Record, Resume, SourceRefused, SourceUnavailable
from sources.files.envelopes import Envelopes
from sources.files.ledger import Changes, Entry, Ledger
from sources.files.options import Reading
from sources.files.place import Found, Place, Unreadable
from sources.files.reading import FileReader
from sources.kinds import Opening

logger = logging.getLogger(__name__)

T = TypeVar("T")
_TOLD_SECONDS = 10.0
_TOLD_FILES = 3


class FileSource:
    """One place, read by one thread, one file after another in the order of their names."""

    def __init__(
        self,
        place: Place,
        options: Reading,
        opening: Opening,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.label = "files"
        self._place = place
        self._options = options
        self._stats = opening.stats
        self._clock = clock
        stream = opening.stream
        key = stream.key if options.key is None else options.key
        envelopes = Envelopes(stream, key, own_time=options.timestamps == "event", clock=clock)
        self._reader = FileReader(
            place, options, stream, envelopes, opening.largest_bytes, self._refuse
        )
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="files")
        self._failed: dict[str, tuple[Found, Unreadable]] = {}
        self._rested: dict[str, tuple[Found, bool]] = {}
        """Files that were read to the end they had, and whether that ended a last line too."""
        self._passed_over: set[str] = set()
        self._told_at = 0.0
        self._has_looked = False

    async def read(self, resume: Resume) -> AsyncGenerator[Chunk, None]:
        ledger = Ledger(self._place, resume)
        self._failed.clear()
        self._rested.clear()
        while True:
            found, changes = await self._look(ledger)
            self._tell_of_folders()
            yield Chunk((), changes)  # without changes: a sign of life
            due = [one for one in found if self._is_due(ledger, one)]
            self._tell(ledger, found)
            for one in due:
                records = self._reader.read(one, ledger.entry(one), ends=self._ends(one))
                reading = self._file(one, records, ledger)
                try:
                    async for chunk in reading:
                        yield chunk
                        self._tell(ledger, found)
                finally:
                    await reading.aclose()
            self._tell(ledger, found, at_once=bool(due))
            if self._options.once and not any(self._is_due(ledger, one) for one in due):
                self._end()
                return
            if not due:
                await asyncio.sleep(self._options.look_seconds)

    async def close(self) -> None:
        self._thread.shutdown(wait=False)

    async def _look(self, ledger: Ledger) -> tuple[Sequence[Found], Changes]:
        """Look what is there. Raises SourceUnavailable; where it was to be read once, the end."""
        try:
            looked = await self._blocking(ledger.look)
        except SourceUnavailable as error:
            if self._options.once and not self._has_looked:
                raise SourceRefused(f"{error}. Nothing was read") from error
            raise
        self._has_looked = True
        return looked

    async def _file(
        self, found: Found, records: Iterator[tuple[Sequence[Record], Entry]], ledger: Ledger
    ) -> AsyncGenerator[Chunk, None]:
        """Read a file to the end that it has now."""
        self._rested[found.name] = found, self._ends(found)
        try:
            while (read := await self._blocking(lambda: next(records, None))) is not None:
                yield Chunk(read[0], ledger.keep(found, read[1]))
            self._recovered(found)
        except FileNotFoundError:
            logger.warning("%s is gone before it was read", self._place.shown(found.name))
        except Unreadable as error:
            self._fail(found, error)
        finally:
            # behind a step that is under way: the thread has them one by one
            self._thread.submit(_close, records)

    def _is_due(self, ledger: Ledger, found: Found) -> bool:
        if not ledger.is_due(found):
            return False
        if failed := self._failed.get(found.name):
            return failed[0] != found or (failed[1].passing and not self._options.once)
        return self._rested.get(found.name) != (found, self._ends(found))

    def _ends(self, found: Found) -> bool:
        """Say whether a last line without an end may be taken for a line."""
        if self._options.once or not self._place.may_grow:
            return True
        return self._clock() - found.changed >= self._options.settle_seconds

    def _fail(self, found: Found, error: Unreadable) -> None:
        shown = self._place.shown(found.name)
        before = self._failed.get(found.name)
        self._failed[found.name] = (found, error)
        if before is None or str(before[1]) != str(error) or before[0] != found:
            logger.error("%s: %s", shown, error)
            if error.passing:
                self._stats.waiting[shown] = str(error)
            else:
                self._stats.refused["unreadable file"] += 1

    def _recovered(self, found: Found) -> None:
        if self._failed.pop(found.name, None) is not None:
            self._stats.waiting.pop(self._place.shown(found.name), None)

    def _tell_of_folders(self) -> None:
        """Tell once of each folder that cannot be looked into: what is there is not read."""
        passed_over = self._place.passed_over
        for folder in sorted(passed_over.keys() - self._passed_over):
            logger.warning("%s: %s; what is in it is not read", folder, passed_over[folder])
            self._stats.refused["unreadable folder"] += 1
        self._passed_over = set(passed_over)

    def _refuse(self, reason: str, place: str) -> None:
        self._stats.refused[reason] += 1
        logger.error("%s: left out: %s", reason, place)

    def _end(self) -> None:
        """Raise SourceRefused where something could not be read."""
        if not self._failed:
            return
        told = [f"{self._place.shown(name)}: {why}" for name, (_, why) in self._failed.items()]
        more = f", and {len(told) - _TOLD_FILES} more" if len(told) > _TOLD_FILES else ""
        files = "1 file" if len(told) == 1 else f"{len(told)} files"
        raise SourceRefused(
            f"{files} could not be read to the end: "
            f"{'; '.join(one.rstrip('.') for one in told[:_TOLD_FILES])}{more}. "
            "What else there is, is in Kafka"
        )

    def _tell(self, ledger: Ledger, found: Sequence[Found], *, at_once: bool = False) -> None:
        now = time.monotonic()
        if not at_once and now - self._told_at < _TOLD_SECONDS and self._stats.progress:
            return
        done = sum(not ledger.is_due(one) for one in found)
        lines = sum(ledger.entry(one).count for one in found)
        left = sum(max(0, one.size - ledger.entry(one).size) for one in found)
        said = f"{done:,} of {len(found):,} files read, {lines:,} lines or rows"
        if len(found) > done:
            said += f", {left / 1e6:,.1f} MB left"
        if said != self._stats.progress:
            logger.info("%s: %s", self.label, said)
        self._stats.progress, self._told_at = said, now

    async def _blocking(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _close(records: object) -> None:
    close = getattr(records, "close", None)
    if close is not None:
        with suppress(Exception):  # of a file that is away: nothing of it is used any more
            close()
