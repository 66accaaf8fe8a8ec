"""Having the log on disk before it is said to be: deltalake only hands it to the system."""

import os
from contextlib import suppress
from pathlib import Path

_BEFORE = 100
"""So many of the newest entries are flushed at first: their writers may have been killed before."""


class Disk:
    """A table's folder; None for one in S3, which stores before it answers."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._flushed: int | None = None

    def flush_log(self, version: int) -> None:
        """Return when the log is on disk up to this version. Raises OSError."""
        if self._folder is None or self._flushed == version:
            return
        log = self._folder / "_delta_log"
        first = version - _BEFORE if self._flushed is None else self._flushed + 1
        for number in range(max(first, 0), version + 1):
            for kind in ("json", "checkpoint.parquet"):
                with suppress(FileNotFoundError):  # cleaned up, or none of this version
                    _flush(log / f"{number:020}.{kind}")
        with suppress(FileNotFoundError):
            _flush(log / "_last_checkpoint")
        for folder in (log, self._folder, self._folder.parent):
            _flush(folder)
        self._flushed = version


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
