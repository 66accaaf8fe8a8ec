"""One write is one commit: two writers, zombies, lost answers, epochs, and others on the table."""

import asyncio
from contextlib import suppress
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from deltalake import DeltaTable

from models.content_sessions import CONTENT_SESSIONS
from models.positions import Position
from sinks.base import Fenced, SinkUnavailable
from sinks.delta.disk import Disk
from sinks.delta.schema import schema_of
from sinks.delta.sink import DeltaSink
from sinks.delta.table import Table
from sinks.parquet.columns import Columns
from tests.models.records import NOW_MILLISECONDS
from tests.sinks.delta.sinks import offsets, sink_in, stored, table
from tests.sinks.parquet.gateway import Gateway
from tests.sinks.parquet.lossy_proxy import lossy_proxy
from tests.sinks.parquet.sinks import BEGIN, HOUR_MS, P0, P1, batch

_DAY_MS = 24 * HOUR_MS


async def test_one_write_is_one_commit_with_a_file_for_each_day(place: dict[str, Any]) -> None:
    sink = sink_in(place)
    expected = await sink.positions([P0, P1])
    before = table(place).version()
    both = batch(sink, 3)
    batch(sink, 2, start=3, timestamp=NOW_MILLISECONDS + _DAY_MS, to=both)
    batch(sink, 1, start=5, to=both)  # late, from the day before
    batch(sink, 4, start=7, tp=P1, to=both)

    await sink.write(both, expected)

    found = table(place)
    assert found.version() == before + 1
    assert sorted(file.rpartition("date=")[2][:10] for file in found.file_uris()) == [
        "2026-11-22",
        "2026-11-23",
    ]
    days = stored(place).group_by(["date"]).aggregate([("kafka_offset", "count")]).to_pylist()
    assert {str(day["date"]): day["kafka_offset_count"] for day in days} == {
        "2026-11-22": 8,
        "2026-11-23": 2,
    }
    assert offsets(place) == [(0, o) for o in range(6)] + [(1, o) for o in range(7, 11)]


async def test_positions_are_transaction_identifiers_that_anybody_reads(
    place: dict[str, Any],
) -> None:
    sink = sink_in(place)

    await sink.write(batch(sink, 5), await sink.positions([P0]))

    assert table(place).transaction_version("content_sessions/1/0") == 4


async def test_of_two_writers_at_the_same_position_one_is_fenced(place: dict[str, Any]) -> None:
    one, other = sink_in(place), sink_in(place)
    of_one, of_other = await one.positions([P0]), await other.positions([P0])
    await one.write(batch(one, 5), of_one)

    with pytest.raises(Fenced):
        await other.write(batch(other, 7), of_other)

    assert offsets(place) == [(0, offset) for offset in range(5)]


async def test_writers_that_meet_in_the_same_commit_store_one_batch(
    place: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have found their position and put their files; only then they commit."""
    sinks = [sink_in(place) for _ in range(3)]
    positions = [await sink.positions([P0]) for sink in sinks]
    meeting, commit = Barrier(3, timeout=60), Table.commit

    def met(self: Table, *given: Any) -> bool:
        with suppress(Exception):  # broken when the others are fenced: alone it goes on
            meeting.wait()
        meeting.abort()
        return commit(self, *given)

    monkeypatch.setattr(Table, "commit", met)
    writes = (
        sink.write(batch(sink, 5 + number), positions[number]) for number, sink in enumerate(sinks)
    )

    results = await asyncio.gather(*writes, return_exceptions=True)

    assert sorted(type(result).__name__ for result in results) == ["Fenced", "Fenced", "dict"]
    winner = next(number for number, result in enumerate(results) if result == {})
    assert offsets(place) == [(0, offset) for offset in range(5 + winner)]


async def test_writers_of_different_partitions_do_not_fence_each_other(
    place: dict[str, Any],
) -> None:
    one, other = sink_in(place), sink_in(place)
    at: dict[Any, Position] = {**await one.positions([P0]), **await other.positions([P1])}

    async def write_all(sink: DeltaSink, tp: Any) -> None:
        for start in range(0, 30, 3):
            some = batch(sink, 3, start=start, tp=tp)
            await sink.write(some, {tp: at[tp]})
            at.update(some.positions({tp: at[tp]}))

    await asyncio.gather(write_all(one, P0), write_all(other, P1))

    assert offsets(place) == [(number, offset) for number in (0, 1) for offset in range(30)]


@pytest.mark.parametrize("count", [2, 3, 9])
async def test_a_zombie_with_an_old_position_stores_nothing(
    place: dict[str, Any], count: int
) -> None:
    zombie, successor = sink_in(place), sink_in(place)
    old = await zombie.positions([P0])
    await zombie.write(batch(zombie, 2), old)
    await successor.write(batch(successor, 3, start=2), await successor.positions([P0]))

    with pytest.raises(Fenced):
        await zombie.write(batch(zombie, count, start=2), {P0: Position(1, 1, NOW_MILLISECONDS)})

    assert offsets(place) == [(0, offset) for offset in range(5)]
    assert (await zombie.positions([P0]))[P0].last_offset == 4


async def test_an_answer_that_was_lost_is_no_fence(gateway: Gateway) -> None:
    bucket = gateway.bucket()
    with lossy_proxy(gateway.port) as proxy:
        sink = sink_in(gateway.options(bucket, proxy.port))
        expected = await sink.positions([P0])
        for start, lose in ((0, 1), (5, 2), (10, 5)):  # of the file, of the log, of retries too
            some = batch(sink, 5, start=start)
            proxy.lose = lose
            try:
                await sink.write(some, expected)
            except SinkUnavailable:
                proxy.lose = 0
                await sink.write(some, expected)
            expected = await sink.positions([P0])

    assert proxy.lost >= 3
    assert offsets(gateway.options(bucket)) == [(0, offset) for offset in range(15)]


async def test_a_commit_whose_answer_was_lost_is_found(place: dict[str, Any]) -> None:
    """Its writer looks, and does not commit again; another batch from there is fenced."""
    sink = sink_in(place)
    expected = await sink.positions([P0, P1])
    lost = _Lost(sink)
    some = batch(sink, 5)
    batch(sink, 2, tp=P1, to=some)

    await sink.write(some, expected)
    version = table(place).version()
    await sink.write(some, expected)  # once more: all of it stands

    assert lost.lost == 1
    assert table(place).version() == version
    assert offsets(place) == [(0, o) for o in range(5)] + [(1, 0), (1, 1)]
    with pytest.raises(Fenced):
        await sink.write(batch(sink, 6), expected)


async def test_another_writer_is_not_taken_for_oneself(place: dict[str, Any]) -> None:
    one, other = sink_in(place), sink_in(place)
    expected = await one.positions([P0])
    await other.positions([P0])
    await one.write(batch(one, 5), expected)

    with pytest.raises(Fenced):
        await other.write(batch(other, 5), expected)


async def test_a_write_that_is_tried_again_does_not_put_its_files_again(
    place: dict[str, Any],
) -> None:
    sink = sink_in(place)
    expected = await sink.positions([P0])
    failing = _Failing(sink)
    some = batch(sink, 5)
    for _ in range(3):
        with pytest.raises(SinkUnavailable):
            await sink.write(some, expected)
    failing.fails = False

    await sink.write(some, expected)

    [file] = table(place).file_uris()
    assert failing.named == {file.rpartition("/")[2]}


async def test_positions_outlive_checkpoints_log_clean_up_optimize_and_vacuum(
    place: dict[str, Any],
) -> None:
    sink = sink_in(place)
    expected = await sink.positions([P0, P1])
    noted = BEGIN._replace(next_offset=7)
    await sink.note({P1: noted})
    for start in range(0, 12, 3):
        some = batch(sink, 3, start=start)
        await sink.write(some, expected)
        expected = await sink.positions([P0, P1])
    others = table(place)
    others.optimize.compact()
    others.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
    others.alter.set_table_properties({"delta.logRetentionDuration": "interval 0 seconds"})
    others.update_incremental()
    others.create_checkpoint()
    others.cleanup_metadata()
    assert len(others.history()) == 1

    # the same writer, which has seen none of it, and one that begins with a checkpoint alone
    await sink.write(batch(sink, 3, start=12), expected)
    new = sink_in(place)
    found = await new.positions([P0, P1])

    assert found == {P0: Position(1, 14, NOW_MILLISECONDS, next_offset=15), P1: noted}
    assert offsets(place) == [(0, offset) for offset in range(15)]


async def test_positions_are_read_off_the_log_and_not_looked_up_one_by_one(
    place: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """To look one number up, deltalake reads up to a hundred entries."""
    looked_up: list[str] = []
    monkeypatch.setattr(DeltaTable, "transaction_version", lambda _, name: looked_up.append(name))
    one, other = sink_in(place), sink_in(place)
    at, of_other = await one.positions([P0]), await other.positions([P1])
    for start in range(0, 9, 3):
        for sink, tp, expected in ((one, P0, at), (other, P1, of_other)):
            await sink.write(batch(sink, 3, start=start, tp=tp), expected)
        at, of_other = await one.positions([P0]), await other.positions([P1])

    found = await sink_in(place).positions([P0, P1])

    assert {at.last_offset for at in found.values()} == {8}
    assert looked_up == []


async def test_an_optimize_in_the_middle_is_no_fence(place: dict[str, Any]) -> None:
    sink = sink_in(place)
    expected = await sink.positions([P0])
    for start in (0, 3):
        await sink.write(batch(sink, 3, start=start), expected)
        expected = await sink.positions([P0])
    _Before(sink, table(place).optimize.compact)

    await sink.write(batch(sink, 3, start=6), expected)

    assert offsets(place) == [(0, offset) for offset in range(9)]


async def test_a_commit_goes_on_top_of_what_was_looked_at(place: dict[str, Any]) -> None:
    """Also where a call that was cut off reads on between the look and the commit."""
    sink, other = sink_in(place), sink_in(place)
    expected = await sink.positions([P0])
    of_other = await other.positions([P0])
    loop = asyncio.get_running_loop()

    def read_on() -> None:
        overtaking = other.write(batch(other, 5), of_other)
        asyncio.run_coroutine_threadsafe(overtaking, loop).result(60)
        sink._tables["content_sessions"].update(None)  # noqa: SLF001 - as a thread would

    _Before(sink, read_on)

    with pytest.raises(Fenced):
        await sink.write(batch(sink, 3), expected)

    assert offsets(place) == [(0, offset) for offset in range(5)]


async def test_a_new_epoch_in_the_middle_is_a_fence(place: dict[str, Any]) -> None:
    sink = sink_in(place)
    expected = await sink.positions([P0])
    other = sink_in(place)
    loop = asyncio.get_running_loop()

    def begin() -> None:
        beginning = other.begin_epoch("content_sessions", {P0: BEGIN})
        asyncio.run_coroutine_threadsafe(beginning, loop).result(60)

    _Before(sink, begin)

    with pytest.raises(Fenced):
        await sink.write(batch(sink, 3), expected)

    assert offsets(place) == []
    assert (await sink.positions([P0]))[P0].place == (2, -1)


async def test_all_that_is_known_of_a_position_comes_back(place: dict[str, Any]) -> None:
    sink = sink_in(place)
    ids = [UUID(int=0), UUID(int=2**128 - 1), UUID("80000000-0000-0001-ffff-fffffffffffe"), None]
    for topic_id in ids:
        begun = BEGIN._replace(topic_id=topic_id, leader_epoch=0, next_offset=3)

        number = await sink.begin_epoch("content_sessions", {P0: begun})

        assert (await sink_in(place).positions([P0]))[P0] == begun._replace(epoch=number)


async def test_a_partition_that_begins_at_its_first_offset_is_known_to_the_next_worker(
    place: dict[str, Any],
) -> None:
    sink = sink_in(place)
    await sink.positions([P0])
    begins = BEGIN._replace(next_offset=0)

    await sink.note({P0: begins})

    assert await sink_in(place).positions([P0]) == {P0: begins}


def test_an_older_version_teaches_nothing() -> None:
    """As a call that was cut off may have told of a newer one meanwhile."""
    held = Table("x", {}, schema_of(Columns(CONTENT_SESSIONS)), Disk(None), SinkUnavailable)
    held.learn(2, [b"{}", b"{}"])

    held.learn(1, [])

    assert held.known_version == 2


async def test_a_control_without_the_guard_stores_records_twice(
    place: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the tests above would miss if they could not see it: deltalake appends by itself."""
    one, zombie = sink_in(place), sink_in(place)
    expected = await one.positions([P0])
    await zombie.positions([P0])
    await one.write(batch(one, 5), expected)
    unguarded(monkeypatch)

    await zombie.write(batch(zombie, 5), expected)

    assert len(offsets(place)) == 10


def unguarded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have commits go on top of whatever is there, and positions be as they are expected."""

    async def never(*_: Any) -> bool:
        return False

    monkeypatch.setattr(DeltaSink, "_is_stored", never)


class _Around:
    """A sink whose commits pass through here first."""

    def __init__(self, sink: DeltaSink) -> None:
        tables = sink._table_of  # noqa: SLF001 - between the sink and its tables
        for one in sink._tables.values():  # noqa: SLF001
            self._wrap(one)
        sink._table_of = lambda topic: self._wrap(tables(topic))  # noqa: SLF001

    def _wrap(self, one: Table) -> Table:
        commit = one.commit
        one.commit = lambda *given: self.committed(commit, *given)  # type: ignore[method-assign] # as above
        return one

    def committed(self, commit: Any, on: Any, files: Any, facts: Any) -> bool:
        raise NotImplementedError


class _Lost(_Around):
    lost = 0

    def committed(self, commit: Any, on: Any, files: Any, facts: Any) -> bool:
        assert commit(on, files, facts)
        self.lost += 1
        return False


class _Failing(_Around):
    fails = True

    def committed(self, commit: Any, on: Any, files: Any, facts: Any) -> bool:
        self.named = {file.path.rpartition("/")[2] for file in files}
        if self.fails:
            raise SinkUnavailable("not now")
        return bool(commit(on, files, facts))


class _Before(_Around):
    def __init__(self, sink: DeltaSink, happens: Any) -> None:
        super().__init__(sink)
        self._happens = [happens]

    def committed(self, commit: Any, on: Any, files: Any, facts: Any) -> bool:
        if self._happens:
            self._happens.pop()()
        return bool(commit(on, files, facts))
