"""Files of this machine, by patterns; folders are looked through all the way down."""

import glob
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from sources.base import SourceUnavailable
from sources.files.patterns import matching
from sources.files.place import Found, Unreadable, printable

_UNFINISHED = (".tmp", ".part", ".partial", ".crdownload", "~")
"""So end names of files that their writers rename when they are done."""

_CURES = {
    PermissionError: "permission denied: let this user read it",
    IsADirectoryError: "it is a folder",
}


class Folder:
    """What matches any of the patterns, below the folder that stands before their first *."""

    may_grow = True

    def __init__(self, patterns: Sequence[str], after: str = "") -> None:
        self._after = after
        self._patterns = [os.path.abspath(one) for one in patterns]
        self._root = os.path.commonpath([_fixed(one) for one in self._patterns])
        self.passed_over: dict[str, str] = {}

    def look(self) -> Sequence[Found]:
        files: dict[object, tuple[str, os.stat_result]] = {}
        self.passed_over.clear()
        for path in self._paths():
            try:
                seen = os.stat(path)
            except OSError:
                continue  # it is gone, or leads nowhere
            if not stat.S_ISREG(seen.st_mode):
                continue  # to open a pipe would wait for ever
            # a file that links give several names is read once, or its records would be doubled
            which = (seen.st_dev, seen.st_ino) if seen.st_ino else path
            if which not in files or self._rank(path) < self._rank(files[which][0]):
                files[which] = path, seen
        found = [
            Found(os.path.relpath(path, self._root), seen.st_size, str(seen.st_ino), seen.st_mtime)
            for path, seen in files.values()
        ]
        return sorted((one for one in found if one.name > self._after), key=lambda one: one.name)

    def open(self, found: Found) -> BinaryIO:
        path = Path(self._root, found.name)
        try:
            return path.open("rb")
        except FileNotFoundError:
            raise
        except OSError as error:
            words = _CURES.get(type(error), error.strerror or str(error))
            raise Unreadable(words, passing=True) from error

    def shown(self, name: str) -> str:
        return printable(str(Path(self._root, name)))

    def _rank(self, path: str) -> tuple[bool, int, str]:
        """Order the names of one file: one that leads through no link comes first."""
        straight = os.path.join(os.path.realpath(self._root), os.path.relpath(path, self._root))
        return os.path.realpath(path) != straight, path.count(os.sep), path

    def _paths(self) -> Iterator[str]:
        for pattern in self._patterns:
            if glob.has_magic(pattern):
                _check(_fixed(pattern))
                yield from filter(os.path.isfile, matching(pattern, self._pass_over))
            elif os.path.isdir(pattern):
                _check(pattern)
                yield from self._below(pattern)
            elif os.path.exists(pattern):
                yield pattern
            else:
                raise SourceUnavailable(f"{pattern}: not there: make it, or correct `path`")

    def _below(self, folder: str) -> Iterator[str]:
        for parent, folders, names in os.walk(
            folder, onerror=lambda error: self._pass_over(error.filename, error)
        ):
            folders[:] = [one for one in folders if not one.startswith((".", "_"))]
            for name in names:
                if not name.startswith((".", "_")) and not name.endswith(_UNFINISHED):
                    yield os.path.join(parent, name)

    def _pass_over(self, folder: str, error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            self.passed_over[printable(folder)] = _CURES.get(
                type(error), error.strerror or str(error)
            )


def _fixed(pattern: str) -> str:
    """Give the folder before the first part with a *.

    It is found by the pattern alone, as names have to be the same whether it is there or not: what
    has a dot in its last part is taken for a file.
    """
    parts = pattern.split(os.sep)
    magic = next((place for place, part in enumerate(parts) if glob.has_magic(part)), len(parts))
    if magic == len(parts) and "." in parts[-1]:
        magic -= 1
    return os.sep.join(parts[:magic]) or os.sep


def _check(folder: str) -> None:
    """Raise SourceUnavailable where a folder is not there, or is not ours to look into."""
    try:
        os.scandir(folder).close()
    except FileNotFoundError:
        raise SourceUnavailable(f"{folder}: no such folder: make it, or correct `path`") from None
    except PermissionError:
        raise SourceUnavailable(f"{folder}: permission denied: let this user read it") from None
    except OSError as error:
        raise SourceUnavailable(f"{folder}: {error.strerror}") from error
