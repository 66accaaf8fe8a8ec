"""Where files stand: folders of this machine or a bucket, of which the source needs two things."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Protocol


class Unreadable(Exception):  # noqa: N818 - a verdict on one file
    """This file cannot be read, or no further; the text says why. The others are read on.

    If it is `passing`, it is tried again; else only when the file has changed.
    """

    def __init__(self, words: str, *, passing: bool = False) -> None:
        super().__init__(words)
        self.passing = passing


@dataclass(frozen=True, slots=True)
class Found:
    """A file as a look has found it."""

    name: str
    """Unique in its place, and the order in which files are read."""

    size: int
    version: str
    """Tells files of one name apart: an inode, or what S3 calls ETag."""

    changed: float
    """Seconds since 1970."""


def printable(name: str) -> str:
    """Escape what ends a line, moves a cursor or is no UTF-8: names must not write logs."""
    if name.isprintable():
        return name
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in name)


class Place(Protocol):
    """Used by one thread at a time; everything blocks."""

    may_grow: bool
    """Whether files are appended to; without, one that has a name is whole."""

    @property
    def passed_over(self) -> Mapping[str, str]:
        """Give the folders that the last look could not look into, and why."""
        ...

    def look(self) -> Sequence[Found]:
        """Give all files that match, sorted by name. Raises SourceUnavailable."""
        ...

    def open(self, found: Found) -> BinaryIO:
        """Open a file, from its beginning, seekable.

        What is read is of the version that was found, or reading raises. Raises Unreadable,
        FileNotFoundError where it is gone, and SourceUnavailable; reading raises the same.
        """
        ...

    def shown(self, name: str) -> str:
        """Give the whole of its name, for people."""
        ...
