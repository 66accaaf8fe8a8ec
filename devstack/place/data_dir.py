"""The folder that `headrace up` keeps its data in."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from config.environment import PlainError

_MARK = "made-by-headrace-up"


class NotOursError(PlainError):
    """A folder was not made by `headrace up`: nothing in it is touched."""


@dataclass(frozen=True, slots=True)
class DataDir:
    """Where each thing lies."""

    folder: Path

    @property
    def kafka(self) -> Path:
        return self.folder / "kafka"

    @property
    def postgres(self) -> Path:
        return self.folder / "postgres"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def up_file(self) -> Path:
        return self.folder / "up.json"

    @property
    def replays(self) -> Path:
        return self.folder / "replays"

    @property
    def report(self) -> Path:
        return self.folder / "generated.json"

    def make(self) -> None:
        """Make the folder and mark it. Raises NotOursError if it holds something else."""
        if self.folder.exists() and any(self.folder.iterdir()):
            self._claim()
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / _MARK).touch()
        self.logs.mkdir(exist_ok=True)

    def erase(self) -> int | None:
        """Remove it all; return how many bytes that were, None if nothing was there."""
        if not self.folder.exists():
            return None
        self._claim()
        files = (file for file in self.folder.rglob("*") if file.is_file())
        size_bytes = sum(file.stat().st_size for file in files)
        shutil.rmtree(self.folder)
        return size_bytes

    def _claim(self) -> None:
        if not (self.folder / _MARK).exists():
            raise NotOursError(
                "HEADRACE_HOME: the folder holds something that headrace did not make. "
                "Name another one."
            )
