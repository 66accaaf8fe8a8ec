"""Appending lines exactly: what lies behind the checkpoint is cut off, whoever comes first wins.

For each partition a folder `<topic>/<partition>` holds files of lines, named by their first offset,
and `checkpoint.json`: the position, and how long the newest file is up to it. A write appends,
flushes to the disk, and replaces the checkpoint by a rename: that is the moment when it is stored.
What a crash leaves behind the checkpoint is cut off by the next write. All of it happens under a
lock of the folder, so two writers never append at once, and the second one finds a position that it
did not expect.

Nothing that may have been stored is written over: lines without a checkpoint stop the sink.
"""

import asyncio
import fcntl
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO, TypeVar
from uuid import UUID

import msgspec

from models.batches import Batch, DecodedBatch, Part
from models.positions import Position, Positions, TopicPartition
from models.streams import Stream
from sinks.base import Fenced, Since, SinkUnavailable, Totals
from sinks.disks import CURES
from sinks.ending import to_the_end
from sinks.file.lines import encode_lines
from telemetry import fault_points

_LOCK_SECONDS = 2.0
"""How long another worker may hold a folder: one that hangs is told of."""

_READ_BYTES = 1024 * 1024
_FILE_NAME = r"^\d+-\d{20}\.jsonl$"

T = TypeVar("T")


class _Checkpoint(msgspec.Struct, frozen=True):
    """A position, and how much of the newest file counts."""

    epoch: int
    last_offset: int
    last_timestamp: int | None
    file: Annotated[str, msgspec.Meta(pattern=_FILE_NAME)]
    size_bytes: Annotated[int, msgspec.Meta(ge=0)]
    begun_at: float
    """When the file was begun, seconds since 1970."""

    next_offset: int | None = None
    leader_epoch: int | None = None
    topic_id: UUID | None = None

    @property
    def position(self) -> Position:
        return Position(
            self.epoch,
            self.last_offset,
            self.last_timestamp,
            self.next_offset,
            self.leader_epoch,
            self.topic_id,
        )

    @classmethod
    def at(cls, position: Position, file: str, size_bytes: int, begun_at: float) -> "_Checkpoint":
        known = position[:3]
        return cls(*known, file, size_bytes, begun_at, *position[3:])


class FileSink:
    """Stores one stream as JSON Lines. Dead letters only move the position: core keeps them."""

    label = "file"

    def __init__(
        self, folder: Path, stream: Stream, rotate_bytes: int, rotate_seconds: float
    ) -> None:
        """Begin the next file where one is larger than that, or older (seconds)."""
        self._folder = folder
        self._stream = stream
        self._rotate_bytes = rotate_bytes
        self._rotate_seconds = rotate_seconds

    async def positions(self, partitions: Iterable[TopicPartition]) -> Positions:
        wanted = list(partitions)
        with _failures():
            return await _in_thread(lambda: {tp: self._position(tp) for tp in wanted})

    async def totals(self, partitions: Iterable[TopicPartition], since: Since) -> Totals:
        del partitions, since
        return {}

    def encode(self, decoded: DecodedBatch, epoch: int) -> bytes:
        return encode_lines(self._stream, decoded, epoch)

    async def write(self, batch: Batch, expected: Positions) -> Totals:
        reached = batch.positions(expected)
        with _failures():
            for tp in reached:
                parts = [part for part in batch.parts if part.tp == tp]
                await _in_thread(lambda: self._append(tp, parts, expected[tp], reached[tp]))  # noqa: B023 - awaited here
        return {}

    async def note(self, positions: Positions) -> None:
        """Keep where reading goes on, also before the first record."""
        with _failures():
            for tp, noted in positions.items():
                await _in_thread(lambda: self._note(tp, noted))  # noqa: B023 - awaited here

    async def begin_epoch(self, topic: str, begun: Positions) -> int:
        """Begin a topic's next epoch at these positions; return its number.

        Partition by partition: after an error, do it once more. One that was not begun in all of
        them is then, unless those that it was begun in are told to go on elsewhere. Raises
        SinkUnavailable.
        """
        with _failures():
            return await _in_thread(lambda: self._begin_epoch(topic, begun))

    async def count(self, topic: str) -> int:
        """Count the lines of a topic that its checkpoints count. Raises SinkUnavailable."""
        with _failures():
            return await _in_thread(lambda: self._count(topic))

    async def close(self) -> None:
        """Nothing stays open between writes."""

    def _position(self, tp: TopicPartition) -> Position:
        with self._locked(tp) as folder:
            return _stands(folder, _read(folder))

    def _append(
        self, tp: TopicPartition, parts: list[Part], expected: Position, reached: Position
    ) -> None:
        with self._locked(tp) as folder:
            held = _read(folder)
            now = _stands(folder, held)
            if now.place == reached.place:
                return  # by an earlier try, whose end nobody heard of
            if now.place != expected.place:
                raise Fenced(f"{tp} is stored up to {now.place}, expected was {expected.place}")
            following = _file_name(expected)
            name, size, begun = self._file(held, following)
            if held is None:
                _put_aside(folder / following)
            elif name == following:
                _cut(folder / held.file, held.size_bytes)
            else:  # begun before a crash, by a clock or settings of before
                (folder / following).unlink(missing_ok=True)
            size = _append(folder / name, size, parts)
            fault_points.reach("before_commit")
            _replace(folder, _Checkpoint.at(reached, name, size, begun))

    def _note(self, tp: TopicPartition, noted: Position) -> None:
        with self._locked(tp) as folder:
            held = _read(folder)
            stands = _stands(folder, held)
            if stands.place != noted.place or stands.read_to.offset > noted.read_to.offset:
                return
            if held is None:
                if noted.next_offset is None:
                    return  # nothing that the next write would not bring
                _put_aside(folder / _file_name(noted))
                held = _Checkpoint.at(noted, _file_name(noted), 0, time.time())
            now = _Checkpoint.at(noted, held.file, held.size_bytes, held.begun_at)
            if now != _read(folder):
                _replace(folder, now)

    def _begin_epoch(self, topic: str, begun: Positions) -> int:
        epoch, done = self._next_epoch(topic, begun)
        there = {TopicPartition(topic, one) for one in _partitions(self._folder / topic)}
        for tp in sorted((there | begun.keys()) - done):
            at = begun.get(tp, Position(epoch, -1, None))._replace(epoch=epoch)
            with self._locked(tp) as folder:
                if (held := _read(folder)) is not None:
                    _cut(folder / held.file, held.size_bytes)
                _replace(folder, _Checkpoint.at(at, _file_name(at), 0, time.time()))
        return epoch

    def _next_epoch(self, topic: str, begun: Positions) -> tuple[int, set[TopicPartition]]:
        """Say which epoch to begin, and which partitions have begun it before a crash."""
        held: dict[TopicPartition, Position] = {}
        for number in _partitions(self._folder / topic):
            if (read := _read(self._folder / topic / str(number))) is not None:
                held[TopicPartition(topic, number)] = read.position
        newest = max((at.epoch for at in held.values()), default=1)
        done = {tp for tp, at in held.items() if at.epoch == newest}
        if len(done) < len(held) and all(_stays(held[tp], begun.get(tp)) for tp in done):
            return newest, done
        return newest + 1, set()

    def _count(self, topic: str) -> int:
        lines = 0
        for partition in _partitions(self._folder / topic):
            with self._locked(TopicPartition(topic, partition)) as folder:
                if (held := _read(folder)) is None:
                    continue
                for file in folder.glob("*.jsonl"):
                    if file.name == held.file:
                        lines += _count_lines(file, held.size_bytes)
                    elif _order(file) < _order(folder / held.file):  # else begun before a crash
                        lines += _count_lines(file, file.stat().st_size)
        return lines

    def _file(self, held: _Checkpoint | None, following: str) -> tuple[str, int, float]:
        """Say which file goes on, how much of it counts, and when it was begun."""
        now = time.time()
        if (
            held is not None
            and held.size_bytes < self._rotate_bytes
            and 0 <= now - held.begun_at < self._rotate_seconds
        ):
            return held.file, held.size_bytes, held.begun_at
        return following, 0, now

    @contextmanager
    def _locked(self, tp: TopicPartition) -> Iterator[Path]:
        folder = self._folder / tp.topic / str(tp.partition)
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "lock").open("ab") as lock:
            _take(lock)  # given back when it is closed, or by a kill -9
            yield folder


async def _in_thread(function: Callable[[], T]) -> T:
    return await to_the_end(asyncio.to_thread(function))


def _take(lock: BinaryIO) -> None:
    deadline = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise SinkUnavailable(
                    f"another worker holds {lock.name}: if it hangs, end it. Leave the file there"
                ) from None
            time.sleep(0.01)


def _stands(folder: Path, held: _Checkpoint | None) -> Position:
    """Say where a partition stands: before the first record of its topic's newest epoch, if new."""
    if held is not None:
        return held.position
    return Position(_newest_epoch(folder.parent), -1, None)


def _stays(held: Position, begun: Position | None) -> bool:
    """Say whether a partition is told to go on just where it stands."""
    if begun is None or begun.last_offset != held.last_offset:
        return False
    return begun.topic_id is None or held.topic_id is None or begun.topic_id == held.topic_id


def _newest_epoch(topic_folder: Path) -> int:
    found = (_read(file.parent) for file in topic_folder.glob("*/checkpoint.json"))
    return max((one.epoch for one in found if one is not None), default=1)


def _partitions(topic_folder: Path) -> list[int]:
    names = (one.name for one in topic_folder.glob("[0-9]*"))
    return sorted(int(name) for name in names if name.isdecimal())


def _order(file: Path) -> tuple[int, ...]:
    """Give what grows from one file of a partition to the next: epoch and first offset."""
    if re.match(_FILE_NAME, file.name) is None:
        raise SinkUnavailable(f"{file} is none of this sink's files: move it away")
    return tuple(map(int, file.stem.split("-")))


def _count_lines(file: Path, size: int) -> int:
    """Count the lines in the first `size` bytes."""
    lines = 0
    with file.open("rb") as reading:
        while piece := reading.read(min(_READ_BYTES, size)):
            size -= len(piece)
            lines += piece.count(b"\n")
    return lines


def _file_name(at: Position) -> str:
    return f"{at.epoch}-{at.last_offset + 1:020}.jsonl"


def _cut(file: Path, size: int) -> None:
    """Take away what a crash left behind in a file that is followed by the next."""
    if file.exists() and file.stat().st_size > size:  # people move files away that are full
        with file.open("r+b") as output:
            output.truncate(size)
            os.fsync(output.fileno())


def _put_aside(file: Path) -> None:
    """Keep what a first write left that did not end, or a checkpoint that was lost."""
    if file.exists() and file.stat().st_size:
        file.rename(file.with_name(f"{file.name}.uncounted-{time.time_ns()}"))


def _append(file: Path, size: int, parts: list[Part]) -> int:
    """Write lines behind the first `size` bytes of a file; return how long it is then."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT * (size == 0), 0o644)
    try:
        if (found := os.fstat(descriptor).st_size) < size:
            raise SinkUnavailable(
                f"{file} has {found} bytes, and {size} were stored: lines are gone. Put them back, "
                "or give the sink another folder"
            )
        os.ftruncate(descriptor, size)
        os.lseek(descriptor, size, os.SEEK_SET)
        with os.fdopen(os.dup(descriptor), "wb") as output:
            for part in parts:
                output.write(part.rows)
                fault_points.reach("during_copy")
        os.fsync(descriptor)
        return os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)


def _read(folder: Path) -> _Checkpoint | None:
    file = folder / "checkpoint.json"
    try:
        return msgspec.json.decode(file.read_bytes(), type=_Checkpoint)
    except FileNotFoundError:
        if len(list(folder.glob("*.jsonl"))) > 1:  # one may be of a first write that did not end
            raise SinkUnavailable(
                f"{file} is gone, and lines are there: put it back, or give the sink another folder"
            ) from None
        return None
    except (msgspec.MsgspecError, ValueError) as error:
        raise SinkUnavailable(
            f"{file} is no checkpoint ({error}): put the right one back, or give the sink another "
            "folder"
        ) from error


def _replace(folder: Path, checkpoint: _Checkpoint) -> None:
    new = folder / "checkpoint.new"
    with new.open("wb") as output:
        output.write(msgspec.json.encode(checkpoint))
        output.flush()
        os.fsync(output.fileno())
    new.replace(folder / "checkpoint.json")
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)  # the rename, and files that are new
    finally:
        os.close(descriptor)


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        words = CURES.get(error.errno or 0, error.strerror or str(error))
        raise SinkUnavailable(f"{error.filename or 'the disk'}: {words}") from error
