"""Objects in a folder of this machine: a file gets its name when all of it is on disk."""

import asyncio
import contextlib
import errno
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from sinks.base import SinkUnavailable
from sinks.disks import CURES
from sinks.parquet.objects import Listed, Metadata, of_sink

T = TypeVar("T")

_UNFINISHED = "_unfinished"  # readers of datasets pass over names that begin with _
_LEFT_OVER_SECONDS = 86_400


class LocalObjects:
    """A folder on one file system, which has to know hard links.

    A file is written under another name, flushed to disk and then linked: `link` does not replace,
    and there is no moment at which a part of a file has the name.
    """

    def __init__(self, root: Path, name: str) -> None:
        self._root = root
        self._name = name
        self._folder: int | None = None

    async def prepare(self) -> None:
        await self._in_thread(self._prepare)

    async def create(self, key: str, body: memoryview, metadata: Metadata) -> bool:
        del metadata  # the file has it
        return await self._in_thread(lambda: self._create(self._root / key, body))

    async def look(self, key: str) -> Metadata | None:
        return await self._in_thread(lambda: self._look(self._root / key))

    async def read(self, key: str) -> bytes | None:
        return await self._in_thread(lambda: _read(self._root / key))

    async def folders(self, prefix: str) -> Sequence[str]:
        return await self._in_thread(lambda: _names(self._root / prefix, folders=True))

    async def files(self, prefix: str) -> Sequence[str]:
        return await self._in_thread(lambda: _names(self._root / prefix, folders=False))

    async def whole(self, key: str) -> Any:
        return await self._in_thread(lambda: pa.memory_map(str(self._root / key)))

    async def listed(self, prefix: str) -> Mapping[str, Listed]:
        return await self._in_thread(lambda: _listed(self._root, self._root / prefix))

    async def delete(self, keys: Sequence[str]) -> None:
        await self._in_thread(lambda: _delete([self._root / key for key in keys]))

    async def close(self) -> None:
        if self._folder is not None:
            os.close(self._folder)
            self._folder = None

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.to_thread(self._told, work)

    def _told(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except (OSError, pa.ArrowInvalid) as error:
            number = error.errno if isinstance(error, OSError) else None
            words = CURES.get(number or 0, str(error))
            raise SinkUnavailable(f"{of_sink(self._name)}{self._root}: {words}") from error

    def _prepare(self) -> None:
        if self._folder is not None:
            return
        (self._root / _UNFINISHED).mkdir(parents=True, exist_ok=True)
        self._folder = os.open(self._root, os.O_RDONLY)
        for left in (self._root / _UNFINISHED).iterdir():  # by a writer that was killed
            with contextlib.suppress(FileNotFoundError):
                if time.time() - left.stat().st_mtime > _LEFT_OVER_SECONDS:
                    left.unlink()

    def _create(self, path: Path, body: memoryview) -> bool:
        self._check_root()
        self._make_folder(path.parent)
        with _unfinished(self._root / _UNFINISHED, body) as whole:
            try:
                os.link(whole, path)
                is_new = True
            except FileExistsError:
                is_new = False
        # also what stood there: its writer may have been killed before it came to this
        _flush_folder(path.parent)
        return is_new

    def _check_root(self) -> None:
        """Make sure that it is the folder whose positions were read, and no other disk's."""
        if self._folder is None or not os.path.samestat(self._root.stat(), os.fstat(self._folder)):
            raise FileNotFoundError(errno.ENOENT, "another folder", str(self._root))

    def _make_folder(self, folder: Path) -> None:
        if folder.is_dir():
            return
        self._make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        _flush_folder(folder.parent)

    def _look(self, path: Path) -> Metadata | None:
        try:
            found = pq.read_metadata(path).metadata or {}
        except FileNotFoundError:
            return None
        return {name.decode(): value.decode() for name, value in found.items()}


@contextlib.contextmanager
def _unfinished(folder: Path, body: memoryview) -> Iterator[Path]:
    """Write a file, flushed to disk, that is gone afterwards."""
    path = folder / uuid4().hex
    try:
        with path.open("xb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        yield path
    finally:
        path.unlink(missing_ok=True)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _listed(root: Path, folder: Path) -> dict[str, Listed]:
    found = {}
    for path in folder.rglob("*"):
        if path.is_file():
            told = path.stat()
            modified = datetime.fromtimestamp(told.st_mtime, UTC)
            found[str(path.relative_to(root))] = Listed(told.st_size, modified)
    return found


def _delete(paths: Sequence[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
    for folder in {path.parent for path in paths}:
        if folder.is_dir():
            _flush_folder(folder)


def _names(folder: Path, *, folders: bool) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in entries if entry.is_dir() == folders]
    except FileNotFoundError:
        return []
