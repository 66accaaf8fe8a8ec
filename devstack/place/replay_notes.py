"""How far replays are that were begun on this machine, for `headrace status`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from devstack.place.data_dir import DataDir
from devstack.processes.identity import Identity


class ReplayNote(msgspec.Struct, frozen=True):
    """What one has said last; `at` is when, in seconds since 1970. There is one for a stream."""

    stream: str
    words: str
    process: Identity
    at: float

    @property
    def line(self) -> str:
        """Say it, and whether somebody still works on it."""
        if self.process.process():
            return f"{self.stream}: {self.words}"
        return (
            f"{self.stream}: {self.words}; paused or killed: the same command goes on, and "
            "--anew drops it"
        )


def keep(data_dir: DataDir, note: ReplayNote) -> None:
    """Replace the stream's note, where `headrace up` has a folder; else nobody would read it."""
    if not data_dir.up_file.exists():
        return
    with suppress(OSError):  # a disk that is full: the replay itself is more important
        data_dir.replays.mkdir(exist_ok=True)
        file = _file(data_dir, note.stream)
        beside = file.with_suffix(".tmp")
        beside.write_bytes(msgspec.json.encode(note))
        beside.replace(file)


def forget(data_dir: DataDir, stream: str) -> None:
    """Drop the note of a replay that is at its end."""
    with suppress(OSError):
        _file(data_dir, stream).unlink(missing_ok=True)


def notes(data_dir: DataDir) -> Iterator[ReplayNote]:
    """Give the notes of all streams; those that cannot be understood are left out."""
    for file in sorted(data_dir.replays.glob("*.json")):
        with suppress(OSError, msgspec.MsgspecError):
            yield msgspec.json.decode(file.read_bytes(), type=ReplayNote)


def _file(data_dir: DataDir, stream: str) -> Path:
    return data_dir.replays / f"{stream}.json"
