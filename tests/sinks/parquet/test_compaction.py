"""Few objects of many: the same rows before and after, and no row twice in between."""

import os
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from models.content_sessions import CONTENT_SESSIONS
from sinks.base import SinkUnavailable
from sinks.parquet import compaction
from sinks.parquet.keys import is_object
from sinks.parquet.merging import MergeError
from sinks.parquet.opening import objects_of
from sinks.parquet.options import ParquetOptions
from tests.app.cli.test_config import headrace_of
from tests.models.records import NOW_MILLISECONDS
from tests.sinks.parquet.sinks import (
    HOUR_MS,
    P0,
    P1,
    add,
    batch,
    dataset,
    keys,
    offsets,
    rows,
    sink_in,
)

LATER = datetime.now(UTC) + timedelta(days=30)
_TOPIC = P0.topic
_MEGABYTE = 1_000_000


class Crash(Exception):  # noqa: N818 - not an error of the program
    """The program was killed here."""


class MortalObjects:
    """Objects whose user is killed at the given change, half of a deletion done."""

    def __init__(self, objects: Any, changes: int) -> None:
        self._objects = objects
        self._left = changes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._objects, name)

    async def create(self, key: str, body: memoryview, metadata: Mapping[str, str]) -> bool:
        self._strike()
        created: bool = await self._objects.create(key, body, metadata)
        return created

    async def delete(self, found: Sequence[str]) -> None:
        for key in found:
            self._strike()
            await self._objects.delete([key])

    def _strike(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise Crash


async def fill(place: dict[str, Any]) -> None:
    """Store four objects in one hour of both partitions, with dead letters, and a newer hour."""
    sink = sink_in(place)
    for start in (0, 100, 200, 300):
        made = (
            batch(sink, 100, start)
            if start != 200
            else add(sink, batch(sink, 1, 200), [None] * 99, 201)
        )
        batch(sink, 50, start, tp=P1, to=made)
        await sink.write(made, await sink.positions([P0, P1]))
    made = batch(sink, 10, 400, timestamp=NOW_MILLISECONDS + HOUR_MS)
    batch(sink, 10, 400, tp=P1, timestamp=NOW_MILLISECONDS + HOUR_MS, to=made)
    await sink.write(made, await sink.positions([P0, P1]))
    await sink.close()


async def planned(
    objects: Any, before: datetime = LATER, target: int = _MEGABYTE
) -> list[compaction.Group]:
    return await compaction.plan(objects, _TOPIC, before=before, target_bytes=target)


async def compact_all(objects: Any) -> None:
    await compaction.finish_all(objects, _TOPIC)
    for group in await planned(objects):
        await compaction.compact(
            objects, _TOPIC, group, compression_level=1, row_group_rows=131_072
        )


def every_column(place: dict[str, Any]) -> list[tuple[Any, ...]]:
    return rows(
        place,
        *[column.name for column in CONTENT_SESSIONS.columns],
        "kafka_partition",
        "kafka_offset",
        "epoch",
    )


async def test_the_same_rows_stand_in_fewer_objects(place: dict[str, Any]) -> None:
    await fill(place)
    before, objects = every_column(place), objects_of(ParquetOptions(**place), "archive")
    positions = await sink_in(place).positions([P0, P1])

    await compact_all(objects)

    assert every_column(place) == before
    assert len(keys(place)) == 4
    assert await sink_in(place).positions([P0, P1]) == positions
    assert await planned(objects) == []
    sink = sink_in(place)
    more = batch(sink, 5, 410, timestamp=NOW_MILLISECONDS)
    await sink.write(more, await sink.positions([P0]))
    assert len(offsets(place)) == len(before) + 5


@pytest.mark.parametrize("changes", range(7))
async def test_a_crash_at_any_step_shows_no_row_twice_and_is_finished_later(
    place: dict[str, Any], changes: int
) -> None:
    await fill(place)
    before, objects = every_column(place), objects_of(ParquetOptions(**place), "archive")

    with pytest.raises(Crash):
        await compact_all(MortalObjects(objects, changes))
    between, strangers = Counter(every_column(place)), _strangers(await objects.listed(_TOPIC))
    await compact_all(objects)

    assert between <= Counter(before)
    assert strangers == []
    assert every_column(place) == before
    assert len(keys(place)) == 4
    assert list(await objects.files(f"{_TOPIC}/_compacting")) == []


def _strangers(listed: Mapping[str, Any]) -> list[str]:
    """Give what a reader of **/*.parquet would take for rows, and is none of ours."""
    return [key for key in listed if key.endswith(".parquet") and not is_object(key)]


async def test_what_may_still_be_written_to_is_left_alone(place: dict[str, Any]) -> None:
    await fill(place)
    objects = objects_of(ParquetOptions(**place), "archive")

    young = await planned(objects, datetime.now(UTC) - timedelta(hours=1))
    old = await planned(objects)

    assert young == []
    assert {group.folder.rpartition("/")[2] for group in old} == {"hour=10"}
    assert [len(group.keys) for group in old] == [4, 4]


async def test_objects_grow_no_larger_than_wanted(place: dict[str, Any]) -> None:
    await fill(place)
    objects = objects_of(ParquetOptions(**place), "archive")
    largest = max(one.size_bytes for one in (await objects.listed(_TOPIC)).values())

    groups = await planned(objects, target=2 * largest)

    assert [len(group.keys) for group in groups] == [2, 2, 2, 2]


async def test_a_column_that_came_later_is_null_before(tmp_path: Path) -> None:
    place: dict[str, Any] = {"path": str(tmp_path)}
    older = replace(CONTENT_SESSIONS, windows=(), keeps_rows=False)
    sink = sink_in(place, older)
    await sink.write(batch(sink, 3), await sink.positions([P0]))
    await sink.close()
    sink = sink_in(place)
    await sink.write(batch(sink, 3, 3), await sink.positions([P0]))
    next_hour = batch(sink, 1, 6, timestamp=NOW_MILLISECONDS + HOUR_MS)
    await sink.write(next_hour, await sink.positions([P0]))

    await compact_all(objects_of(ParquetOptions(**place), "archive"))

    found = rows(place, "session_id", "kafka_offset")
    assert found == [(None, 0), (None, 1), (None, 2), *((f"s-{n}", n) for n in range(3, 7))]


def _stored_bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*.parquet"))


def _age(folder: Path, days: int) -> None:
    at = (datetime.now(UTC) - timedelta(days=days)).timestamp()
    for file in folder.rglob("*.parquet"):
        os.utime(file, (at, at))


async def test_a_merged_object_is_read_by_duckdb_and_smaller(tmp_path: Path) -> None:
    place: dict[str, Any] = {"path": str(tmp_path)}
    await fill(place)
    size = _stored_bytes(tmp_path)

    await compact_all(objects_of(ParquetOptions(**place), "archive"))

    found = duckdb.read_parquet(f"{tmp_path}/**/*.parquet", hive_partitioning=True).aggregate(
        "count(*), count(DISTINCT (kafka_partition, kafka_offset)), sum(video_profile_kbps)"
    )
    count = len(offsets(place))
    assert found.fetchall() == [(count, count, 4_000 * count)]
    assert _stored_bytes(tmp_path) < size
    assert len(dataset(place).files) == 4


async def test_two_runs_at_once_do_no_harm(place: dict[str, Any]) -> None:
    await fill(place)
    before, objects = every_column(place), objects_of(ParquetOptions(**place), "archive")
    groups = await planned(objects)

    await compact_all(objects)
    with pytest.raises(SinkUnavailable, match="does another run compact it"):
        await compaction.compact(
            objects, _TOPIC, groups[0], compression_level=1, row_group_rows=131_072
        )

    assert every_column(place) == before


class Interrupted:
    """Objects that somebody else comes to at the first change of a name that holds `at`."""

    def __init__(self, objects: Any, at: str, other: Callable[[], Awaitable[Any]]) -> None:
        self._objects = objects
        self._at = at
        self._other: Callable[[], Awaitable[Any]] | None = other

    def __getattr__(self, name: str) -> Any:
        return getattr(self._objects, name)

    async def create(self, key: str, body: memoryview, metadata: Mapping[str, str]) -> bool:
        if self._other is not None and self._at in key:
            other, self._other = self._other, None
            await other()
        created: bool = await self._objects.create(key, body, metadata)
        return created


async def _compact(objects: Any, keys: Sequence[str]) -> str:
    group = compaction.Group(keys, 0)
    await compaction.compact(objects, _TOPIC, group, compression_level=1, row_group_rows=131_072)
    return group.key


async def test_of_two_runs_that_want_the_same_object_one_gives_way(place: dict[str, Any]) -> None:
    await fill(place)
    before, objects = every_column(place), objects_of(ParquetOptions(**place), "archive")
    one, two, three, four = (await planned(objects))[0].keys
    merged = await _compact(objects, [one, two])

    # each has read `three` before the other begins to exchange it
    late = Interrupted(objects, "/_compacting/", lambda: _compact(objects, [three, four]))
    with pytest.raises(SinkUnavailable, match="does another run compact it"):
        await _compact(late, [merged, three])

    assert every_column(place) == before
    await compact_all(objects)
    assert every_column(place) == before


async def test_while_an_hour_is_exchanged_no_other_run_begins_there(place: dict[str, Any]) -> None:
    await fill(place)
    before, objects = every_column(place), objects_of(ParquetOptions(**place), "archive")
    one, two, three, four = (await planned(objects))[0].keys
    refused: list[SinkUnavailable] = []

    async def begin() -> None:
        try:
            await _compact(objects, [three, four])
        except SinkUnavailable as error:
            refused.append(error)

    await _compact(Interrupted(objects, f"{one[-28:-8]}-", begin), [one, two])

    assert len(refused) == 1
    assert every_column(place) == before


async def test_a_run_that_was_frozen_brings_nothing_back(place: dict[str, Any]) -> None:
    await fill(place)
    before, objects = every_column(place), objects_of(ParquetOptions(**place), "archive")
    one, two, three, four = (await planned(objects))[0].keys

    async def overtake() -> None:
        await compaction.finish_all(objects, _TOPIC)
        await _compact(objects, [compaction.Group([one, two], 0).key, three, four])

    await _compact(Interrupted(objects, f"{one[-28:-8]}-", overtake), [one, two])

    assert every_column(place) == before


@pytest.mark.parametrize("is_parquet", [False, True])
async def test_what_is_none_of_compactions_is_told(tmp_path: Path, *, is_parquet: bool) -> None:
    place: dict[str, Any] = {"path": str(tmp_path / "parquet")}
    await fill(place)
    objects = objects_of(ParquetOptions(**place), "archive")
    await objects.prepare()
    (stored, *_) = sorted(await objects.listed(_TOPIC))
    foreign = await objects.read(stored) if is_parquet else b"foreign"
    await objects.create(f"{_TOPIC}/_compacting/a.new", memoryview(foreign or b""), {})

    with pytest.raises(MergeError, match=r"a\.new was not made by compaction: take it away"):
        await compact_all(objects)


async def test_the_command_tells_first_and_does_it_when_told_to(tmp_path: Path) -> None:
    place = {"path": str(tmp_path / "parquet")}
    await fill(place)
    (tmp_path / "headrace.yaml").write_text(
        "sinks: {archive: {kind: parquet, path: parquet, streams: [content_sessions]}}"
    )
    _age(tmp_path, 8)

    told = headrace_of(tmp_path, "compact", "parquet")
    after_telling = len(keys(place))
    done = headrace_of(tmp_path, "compact", "parquet", "--yes")
    young = headrace_of(tmp_path, "compact", "parquet", "--older-than", "59m")

    assert "archive: 1 of 2: " in told.stdout, told.stderr
    assert "4 objects, " in told.stdout
    assert "nothing was changed: --yes does it" in told.stdout
    assert after_telling == 10
    assert done.returncode == 0, done.stderr
    assert len(keys(place)) == 4
    again = headrace_of(tmp_path, "compact", "parquet")
    assert "nothing to compact in hours before" in again.stdout
    assert "--yes" not in again.stdout
    assert young.returncode == 2
    assert "give 1h or more" in young.stderr
