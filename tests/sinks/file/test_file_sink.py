"""Lines in files: what every sink promises, and what a crash or a second writer leaves behind."""

import asyncio
import fcntl
import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from headrace.testing import NotesContract, Stored, Subject, heartbeat
from headrace.testing.records import NOW, batch_of
from models.content_sessions import CONTENT_SESSIONS
from models.decode import Decoder
from models.media_events import MEDIA_EVENTS
from models.positions import Position, Positions, TopicPartition
from models.validation import Limits
from sinks.base import Fenced, Rejected, SinkUnavailable
from sinks.file.kind import KIND
from sinks.file.lines import encode_lines
from sinks.file.sink import FileSink
from tests.chaos.streams import media_event
from tests.contract.stored import begin_epoch_of, count_of
from tests.small_disk import fill, small_disk

BEGIN = Position(1, -1, None)
P0, P1 = (TopicPartition("content_sessions", number) for number in (0, 1))


def rows_in(folder: Path) -> list[Mapping[str, Any]]:
    """Give what a reader finds: the lines of all files, in order."""
    files = sorted(folder.glob("content_sessions/*/*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_bytes().splitlines()]


def files_in(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.glob("content_sessions/0/*.jsonl"))


def tear(folder: Path) -> None:
    """Leave behind what a crash leaves: half a line."""
    [file] = folder.glob("content_sessions/0/*.jsonl")
    with file.open("ab") as output:
        output.write(b'{"session_id": "half a li')


def test_an_unknown_field_over_many_lines_is_one_line() -> None:
    event = json.loads(media_event(0, int(NOW.timestamp() * 1_000)).value)
    value = json.dumps({**event, "more": {"a": [1, 2]}}, indent=1).encode()
    decoded = Decoder(MEDIA_EVENTS, Limits()).decode(batch_of([value]))

    [line] = encode_lines(MEDIA_EVENTS, decoded, epoch=1).splitlines()

    assert json.loads(line)["extra"]["more"] == {"a": [1, 2]}


@pytest.mark.parametrize("seconds", [-62_135_596_801, 253_402_300_800])
def test_a_time_that_has_no_year_is_refused(seconds: int) -> None:
    decoded = Decoder(CONTENT_SESSIONS, Limits()).decode(batch_of([heartbeat()]))
    columns = [
        [seconds * 1_000_000] if column.kind == "timestamptz" else values
        for column, values in zip(CONTENT_SESSIONS.columns, decoded.columns, strict=True)
    ]

    with pytest.raises(Rejected, match="not in the years"):
        encode_lines(CONTENT_SESSIONS, replace(decoded, columns=columns), epoch=1)


class TestFile(NotesContract):
    @pytest.fixture
    async def subject(self, tmp_path: Path) -> Subject:
        async def look() -> Stored:
            rows = [
                (row["kafka_partition"], row["kafka_offset"], row["session_id"])
                for row in rows_in(tmp_path)
            ]
            return Stored(sorted(rows), [])

        async def begin_epoch(begun: Positions) -> int:
            return await begin_epoch_of(KIND, {"path": tmp_path}, begun)

        async def count() -> int:
            return await count_of(KIND, {"path": tmp_path})

        return Subject(self.sink(tmp_path), look, begin_epoch=begin_epoch, count=count)

    def sink(self, folder: Path, rotate_bytes: int = 10**9) -> FileSink:
        return FileSink(folder, self.stream, rotate_bytes, 3_600)

    async def test_an_epoch_that_was_begun_in_some_partitions_is_begun_in_all(
        self, subject: Subject, tmp_path: Path
    ) -> None:
        sink = self.sink(tmp_path)
        first = self.batch(subject, [heartbeat()])
        self.add(subject, first, [heartbeat()], tp=P1)
        await sink.write(first, await sink.positions([P0, P1]))
        begun = {P0: BEGIN, P1: Position(1, 6, None)}
        with (tmp_path / "content_sessions/1/lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with pytest.raises(SinkUnavailable):
                await sink.begin_epoch(P0.topic, begun)
        later = self.batch(subject, [heartbeat()])
        await sink.write(later, await sink.positions([P0]))

        again = await sink.begin_epoch(P0.topic, {**begun, **await sink.positions([P0])})
        held = await sink.positions([P0, P1])
        elsewhere = await sink.begin_epoch(P0.topic, begun)

        assert (again, elsewhere) == (2, 3)
        assert {tp: at.place for tp, at in held.items()} == {P0: (2, 0), P1: (2, 6)}

    async def test_a_file_of_somebody_else_is_named_where_lines_are_counted(
        self, subject: Subject, tmp_path: Path
    ) -> None:
        batch = self.batch(subject, [heartbeat()])
        await subject.sink.write(batch, await subject.sink.positions([P0]))
        (tmp_path / "content_sessions/0/mine.jsonl").write_text("{}\n")

        with pytest.raises(SinkUnavailable, match=r"mine\.jsonl is none of this sink's files"):
            await self.sink(tmp_path).count(P0.topic)

    async def test_what_lies_behind_the_checkpoint_is_cut_off(
        self, subject: Subject, tmp_path: Path
    ) -> None:
        first = self.batch(subject, [heartbeat(session_id="a")])
        await subject.sink.write(first, await subject.sink.positions([P0]))
        tear(tmp_path)
        counted = await self.sink(tmp_path).count(P0.topic)

        second = self.batch(subject, [heartbeat(session_id="b")], start=1)
        await subject.sink.write(second, await subject.sink.positions([P0]))

        assert counted == 1
        assert [row["session_id"] for row in rows_in(tmp_path)] == ["a", "b"]

    async def test_a_file_begun_before_a_crash_counts_for_nothing(
        self, subject: Subject, tmp_path: Path
    ) -> None:
        small, large = self.sink(tmp_path, rotate_bytes=1), subject.sink
        await small.write(self.batch(subject, [heartbeat()]), await small.positions([P0]))
        begun = tmp_path / "content_sessions/0" / f"1-{1:020}.jsonl"
        begun.write_text('{"session_id": "never stored"}\n')
        counted = await small.count(P0.topic)

        batch = self.batch(subject, [heartbeat()], start=1)
        await large.write(batch, await large.positions([P0]))

        assert counted == 1
        assert await small.count(P0.topic) == 2
        assert [row["kafka_offset"] for row in rows_in(tmp_path)] == [0, 1]

    async def test_what_a_crash_left_is_cut_off_though_the_next_file_begins(
        self, subject: Subject, tmp_path: Path
    ) -> None:
        await subject.sink.write(
            self.batch(subject, [heartbeat()]), await subject.sink.positions([P0])
        )
        tear(tmp_path)

        small = self.sink(tmp_path, rotate_bytes=1)
        await small.write(self.batch(subject, [heartbeat()], start=1), await small.positions([P0]))

        assert len(files_in(tmp_path)) == 2
        assert [row["kafka_offset"] for row in rows_in(tmp_path)] == [0, 1]

    async def test_a_checkpoint_that_is_gone_stops_the_sink(
        self, subject: Subject, tmp_path: Path
    ) -> None:
        small = self.sink(tmp_path, rotate_bytes=1)
        for start in range(2):
            batch = self.batch(subject, [heartbeat()], start=start)
            await small.write(batch, await small.positions([P0]))
        (tmp_path / "content_sessions/0/checkpoint.json").unlink()

        with pytest.raises(SinkUnavailable, match="is gone, and lines are there"):
            await subject.sink.positions([P0])
        with pytest.raises(SinkUnavailable, match="is gone, and lines are there"):
            await subject.sink.write(self.batch(subject, [heartbeat()]), {P0: BEGIN})

        assert [row["kafka_offset"] for row in rows_in(tmp_path)] == [0, 1]

    async def test_lines_without_a_checkpoint_are_put_aside(
        self, subject: Subject, tmp_path: Path
    ) -> None:
        await subject.sink.write(
            self.batch(subject, [heartbeat(session_id="a")]), await subject.sink.positions([P0])
        )
        (tmp_path / "content_sessions/0/checkpoint.json").unlink()

        again = self.batch(subject, [heartbeat(session_id="b")])
        await subject.sink.write(again, await subject.sink.positions([P0]))

        assert [row["session_id"] for row in rows_in(tmp_path)] == ["b"]
        [aside] = (tmp_path / "content_sessions/0").glob("*.uncounted-*")
        assert json.loads(aside.read_bytes())["session_id"] == "a"

    @pytest.mark.parametrize(
        "written",
        [
            b"",
            b"\xff",
            b'{"epoch": 1}',
            b'{"epoch":1,"last_offset":0,"last_timestamp":0,"file":"../x","size_bytes":0,"begun_at":0}',
        ],
    )
    async def test_what_is_no_checkpoint_is_told_of(
        self, subject: Subject, tmp_path: Path, written: bytes
    ) -> None:
        await subject.sink.positions([P0])
        (tmp_path / "content_sessions/0/checkpoint.json").write_bytes(written)

        with pytest.raises(SinkUnavailable, match="no checkpoint"):
            await subject.sink.positions([P0])

    async def test_a_worker_that_hangs_is_told_of(self, subject: Subject, tmp_path: Path) -> None:
        await subject.sink.positions([P0])
        with (tmp_path / "content_sessions/0/lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with pytest.raises(SinkUnavailable, match="another worker holds"):
                await subject.sink.positions([P0])

        assert await subject.sink.positions([P0]) == {P0: BEGIN}

    async def test_what_was_cancelled_shows_in_the_positions(
        self, subject: Subject, tmp_path: Path
    ) -> None:
        expected = await subject.sink.positions([P0])
        with (tmp_path / "content_sessions/0/lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            write = asyncio.create_task(
                subject.sink.write(self.batch(subject, [heartbeat()]), expected)
            )
            await asyncio.sleep(0.1)
            write.cancel()
            await asyncio.sleep(0)
        with pytest.raises(asyncio.CancelledError):
            await write

        assert (await subject.sink.positions([P0]))[P0].last_offset == 0

    @pytest.mark.parametrize("left", [0, 10, None])
    async def test_lines_that_were_taken_away_are_told_of(
        self, subject: Subject, tmp_path: Path, left: int | None
    ) -> None:
        await subject.sink.write(
            self.batch(subject, [heartbeat()]), await subject.sink.positions([P0])
        )
        file = tmp_path / "content_sessions/0" / f"1-{0:020}.jsonl"
        if left is None:
            file.unlink()
        else:
            os.truncate(file, left)

        batch = self.batch(subject, [heartbeat()], start=1)
        with pytest.raises(SinkUnavailable, match=file.name):
            await subject.sink.write(batch, await subject.sink.positions([P0]))

        assert file.exists() == (left is not None)
        assert left is None or file.stat().st_size == left

    async def test_a_write_whose_answer_was_lost_is_not_repeated(
        self, subject: Subject, tmp_path: Path
    ) -> None:
        expected = await subject.sink.positions([P0])
        batch = self.batch(subject, [heartbeat(), heartbeat()])

        await subject.sink.write(batch, expected)
        await subject.sink.write(batch, expected)

        assert len(rows_in(tmp_path)) == 2

    async def test_of_two_writers_one_wins_each_time(
        self, subject: Subject, tmp_path: Path
    ) -> None:
        sinks = [self.sink(tmp_path) for _ in range(3)]
        for start in range(20):
            expected = await subject.sink.positions([P0])
            batch = self.batch(subject, [heartbeat(session_id=f"s{start}")], start=start)
            ends = await asyncio.gather(
                *(sink.write(batch, expected) for sink in sinks), return_exceptions=True
            )
            assert all(end == {} or isinstance(end, Fenced) for end in ends)

        assert [row["session_id"] for row in rows_in(tmp_path)] == [f"s{n}" for n in range(20)]

    async def test_a_large_file_is_followed_by_the_next(
        self, subject: Subject, tmp_path: Path
    ) -> None:
        sink = self.sink(tmp_path, rotate_bytes=1_024)
        for start in range(0, 30, 10):
            batch = self.batch(subject, [heartbeat()] * 10, start=start)
            await sink.write(batch, await sink.positions([P0]))

        assert files_in(tmp_path) == [f"1-{start:020}.jsonl" for start in (0, 10, 20)]
        assert [row["kafka_offset"] for row in rows_in(tmp_path)] == list(range(30))

    async def test_a_new_epoch_begins_a_file_of_its_own(
        self, subject: Subject, tmp_path: Path
    ) -> None:
        sink = self.sink(tmp_path, rotate_bytes=1)
        await sink.write(self.batch(subject, [heartbeat()]), await sink.positions([P0]))

        again = {P0: Position(2, -1, None)}
        with pytest.raises(Fenced):
            await sink.write(self.batch(subject, [heartbeat()]), again)

        assert len(rows_in(tmp_path)) == 1

    async def test_a_folder_that_cannot_be_written_is_a_sink_that_is_away(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "content_sessions").write_text("in the way")

        with pytest.raises(SinkUnavailable, match="content_sessions"):
            await self.sink(tmp_path).positions([P0])

    async def test_a_full_disk_is_waited_for_and_each_record_is_there_once(
        self, subject: Subject, tmp_path: Path
    ) -> None:
        with small_disk(tmp_path / "full") as disk:
            sink = self.sink(disk)
            expected = await sink.positions([P0])
            records = self.batch(subject, [heartbeat()] * 1_000)
            filling = fill(disk)

            with pytest.raises(SinkUnavailable, match="the disk is full: make room"):
                await sink.write(records, expected)
            filling.unlink()
            await sink.write(records, await sink.positions([P0]))

            assert len(rows_in(disk)) == 1_000
