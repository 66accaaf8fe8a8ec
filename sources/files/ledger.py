"""What was read of which file, and which files are to be read: through growth, rotation, a crash.

A file is known again by its name and its first bytes. Under another name it is known by its inode
too, as a log that was rotated. What has another beginning, or is shorter than what was read of it,
is another file: it is read from its beginning.
"""

import logging
import time
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

import msgspec

from sources.base import Resume, SourceRefused
from sources.files.place import Found, Place, Unreadable

logger = logging.getLogger(__name__)

HEAD_BYTES = 1_024
"""So much of a file's beginning, or what was read of it if that is less, tells which it is."""

_FORGET_SECONDS = 3_600.0
"""A file that is gone so long is forgotten: not at once, as a folder may be away for a while."""

_MOST_BYTES = 950_000
"""What all entries together may weigh: they are one record of Kafka, of at most 1 MiB."""

_NUMBERS_BYTES = 80
"""What an entry weighs without its names, at most."""


class Entry(msgspec.Struct, array_like=True, frozen=True):
    """What was read of one file. `at` is a byte (unpacked), or a row of Parquet."""

    at: int = 0
    count: int = 0
    """Lines or rows before `at`."""
    size: int = 0
    """How large the file was, of which all is read if `whole`."""
    whole: bool = False
    version: str = ""
    head: str = ""
    hashed: int = 0
    """`head` tells of so many bytes."""


Changes = dict[str, Any]
"""As `Chunk.resume` has them."""


class Ledger:
    """Of one place. Blocks: used in a thread, by one task at a time."""

    def __init__(
        self, place: Place, resume: Resume, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._place = place
        self._clock = clock
        self.entries = {name: msgspec.convert(value, Entry) for name, value in resume.items()}
        self._found: dict[str, Found] = {}
        self._gone: dict[str, float] = {}

    def look(self) -> tuple[list[Found], Changes]:
        """Give all files there are, and how what is known of them has changed."""
        found = self._place.look()
        others = [one for one in found if not self._is_known(one)]
        changes = self._moved(others, {one.name for one in found})
        for one in others:
            if one.name in self.entries and one.name not in changes:
                logger.warning(
                    "%s is another file now, or was cut: it is read from its beginning; what was "
                    "not read of the one before (to %s) is not seen any more",
                    self._place.shown(one.name),
                    f"{self.entries[one.name].at:,}",
                )
                changes[one.name] = None
        changes |= self._forgotten(found)
        self._apply(changes)
        self._found = {one.name: one for one in found}
        self._check_size()
        return list(found), changes

    def entry(self, found: Found) -> Entry:
        return self.entries.get(found.name) or Entry()

    def is_due(self, found: Found) -> bool:
        entry = self.entries.get(found.name) or Entry(whole=True)
        return not entry.whole or entry.size != found.size

    def keep(self, found: Found, entry: Entry) -> Changes:
        """Take in how far a file is read."""
        self.entries[found.name] = entry
        return {found.name: msgspec.to_builtins(entry)}

    def _is_known(self, found: Found) -> bool:
        """Say whether a file is the one that an entry of its name tells of."""
        entry = self.entries.get(found.name)
        if entry is None:
            return False
        return self._found.get(found.name) == found or self._is(found, entry)

    def _is(self, found: Found, entry: Entry) -> bool:
        if not self._place.may_grow:
            return found.version == entry.version
        if found.size < entry.size:
            return False
        try:
            with self._place.open(found) as raw:
                return digest(raw.read(entry.hashed)) == entry.head
        except (Unreadable, OSError):
            return True  # nothing is known of it: no reason to read all of it again

    def _moved(self, others: Sequence[Found], names: set[str]) -> Changes:
        """Find files that have another name now, and go on with what was read of them."""
        changes: Changes = {}
        if not self._place.may_grow:
            return changes
        strangers = {one.name for one in others}
        free = {
            entry.version: name
            for name, entry in self.entries.items()
            if name not in names or name in strangers
        }
        for one in others:
            was = free.get(one.version)
            if was is None or was == one.name or not self._is(one, self.entries[was]):
                continue
            logger.info(
                "%s was %s: it is read on", self._place.shown(one.name), self._place.shown(was)
            )
            changes.setdefault(was, None)
            changes[one.name] = msgspec.to_builtins(self.entries[was])
        return changes

    def _forgotten(self, found: Sequence[Found]) -> Changes:
        if not found:
            return {}
        now = self._clock()
        names = {one.name for one in found}
        gone = [name for name in self.entries if name not in names]
        self._gone = {name: self._gone.get(name, now) for name in gone}
        for name in gone:
            last = self._found.get(name)
            if last is not None and self.is_due(last):
                shown = self._place.shown(name)
                logger.warning("%s is gone, and was not read to its end", shown)
        return {name: None for name, since in self._gone.items() if now - since >= _FORGET_SECONDS}

    def _apply(self, changes: Mapping[str, Any]) -> None:
        for name, value in changes.items():
            if value is None:
                self.entries.pop(name, None)
            else:
                self.entries[name] = msgspec.convert(value, Entry)

    def _check_size(self) -> None:
        """Count those too that will have an entry once they are read: it is too late then."""
        versions = {name: one.version for name, one in self._found.items()}
        versions |= {name: entry.version for name, entry in self.entries.items()}
        weight = sum(
            _written(name) + len(version) + _NUMBERS_BYTES for name, version in versions.items()
        )
        if weight > _MOST_BYTES:
            last = max(versions)
            raise SourceRefused(
                f"{len(versions):,} files are too many to keep in mind: move away what is "
                f"read, or say `after: NAME` to leave out all names up to that one (the last is "
                f"{last})"
            )


def _written(name: str) -> int:
    """Say how long a name is as JSON has it in Kafka, where only ASCII stands for itself."""
    return len(name) if name.isascii() else len(name.encode("ascii", "backslashreplace"))


def digest(head: bytes) -> str:
    return b64encode(blake2b(head, digest_size=9).digest()).decode()
