"""What the Parquet sink has stored is read back in order, from any offset, within any time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models.batches import Batch
from models.content_sessions import CONTENT_SESSIONS
from models.positions import Position
from sinks.base import SinkUnavailable
from sinks.history import Run, TimeSpan
from sinks.parquet import compaction
from sinks.parquet.kind import open_history
from sinks.parquet.opening import objects_of
from sinks.parquet.options import ParquetOptions
from sinks.parquet.sink import ParquetSink
from tests.models.records import TP, heartbeat
from tests.sinks.parquet.sinks import HOUR_MS, P0, P1, add, sink_in

BEGIN = datetime(2026, 11, 22, 10, tzinfo=UTC)
ALL = TimeSpan(None, None)


def at(offset: int) -> datetime:
    return BEGIN + timedelta(milliseconds=100 * offset)


async def store(sink: ParquetSink, count: int, start: int = 0, **of: Any) -> None:
    """Store heartbeats, ten a second; every hundred records are in a later hour of Kafka's."""
    values = [heartbeat(at(start + nth), session_id=f"s-{start + nth}") for nth in range(count)]
    hour = 1_795_341_600_000 + start // 100 * HOUR_MS
    batch = add(sink, Batch(CONTENT_SESSIONS), values, start, timestamp=hour, **of)
    tp = of.get("tp", P0)
    await sink.write(batch, await sink.positions([tp]))


async def read(place: dict[str, Any], span: TimeSpan, run: Run, after: int = -1) -> list[Any]:
    history = open_history(ParquetOptions(**place), CONTENT_SESSIONS, "archive", TP.topic, span)
    await history.runs()
    found: list[Any] = []
    async for rows in history.rows(run, after):
        found += zip(rows.offsets, rows.columns["session_id"], rows.columns["time"], strict=True)
    await history.close()
    return found


async def test_rows_come_back_in_order_of_every_partition(place: dict[str, Any]) -> None:
    sink = sink_in(place)
    for start in range(0, 400, 100):
        await store(sink, 100, start)
    await store(sink, 7, tp=P1)
    ends = await sink.positions([P0, P1])
    await sink.close()

    history = open_history(ParquetOptions(**place), CONTENT_SESSIONS, "archive", TP.topic, ALL)
    runs = await history.runs()
    count = await history.count()
    await history.close()

    assert runs == {Run(1, 0): ends[P0], Run(1, 1): ends[P1]}
    assert count == 407
    expected = [(nth, f"s-{nth}", at(nth)) for nth in range(400)]
    assert await read(place, ALL, Run(1, 0)) == expected
    assert await read(place, ALL, Run(1, 0), after=249) == expected[250:]
    span = TimeSpan(at(90), at(310))
    assert await read(place, span, Run(1, 0)) == expected[90:310]
    assert await read(place, span, Run(1, 0), after=309) == []


async def test_what_is_stored_after_the_begin_is_not_read(place: dict[str, Any]) -> None:
    sink = sink_in(place)
    await store(sink, 100)
    history = open_history(ParquetOptions(**place), CONTENT_SESSIONS, "archive", TP.topic, ALL)
    await history.runs()

    await store(sink, 100, 100)

    found = [rows.offsets async for rows in history.rows(Run(1, 0), -1)]
    assert [offset for offsets in found for offset in offsets] == list(range(100))
    await sink.close()
    await history.close()


async def test_lives_of_a_topic_are_runs_of_their_own(place: dict[str, Any]) -> None:
    sink = sink_in(place)
    await store(sink, 3)
    await sink.begin_epoch(TP.topic, {})
    await sink.close()
    sink = sink_in(place)
    await store(sink, 2)
    await sink.close()

    history = open_history(ParquetOptions(**place), CONTENT_SESSIONS, "archive", TP.topic, ALL)
    runs = await history.runs()

    assert {run: end.last_offset for run, end in runs.items()} == {Run(1, 0): 2, Run(2, 0): 1}
    assert isinstance(runs[Run(2, 0)], Position)
    assert await history.count() == 5
    await history.close()


async def test_nothing_is_nothing(tmp_path: Any) -> None:
    options = ParquetOptions(path=str(tmp_path / "empty"))
    history = open_history(options, CONTENT_SESSIONS, "archive", TP.topic, ALL)

    assert await history.runs() == {}
    assert await history.count() == 0
    await history.close()


async def compact(place: dict[str, Any]) -> None:
    objects = objects_of(ParquetOptions(**place), "archive")
    later = datetime.now(UTC) + timedelta(days=30)
    groups = await compaction.plan(objects, TP.topic, before=later, target_bytes=10**6)
    for group in groups:
        await compaction.compact(
            objects, TP.topic, group, compression_level=1, row_group_rows=131_072
        )
    await objects.close()
    assert groups


async def test_compacted_rows_come_back_once_and_in_order(place: dict[str, Any]) -> None:
    sink = sink_in(place)
    for start in range(0, 400, 20):  # five objects an hour
        await store(sink, 20, start)
    ends = await sink.positions([P0])
    await sink.close()
    await compact(place)

    history = open_history(ParquetOptions(**place), CONTENT_SESSIONS, "archive", TP.topic, ALL)
    assert await history.runs() == {Run(1, 0): ends[P0]}
    assert await history.count() == 400
    await history.close()
    expected = [(nth, f"s-{nth}", at(nth)) for nth in range(400)]
    assert await read(place, ALL, Run(1, 0)) == expected
    assert await read(place, ALL, Run(1, 0), after=249) == expected[250:]
    assert await read(place, TimeSpan(at(90), at(310)), Run(1, 0)) == expected[90:310]


async def test_a_compaction_that_did_not_end_is_told_and_not_read_over(
    place: dict[str, Any],
) -> None:
    sink = sink_in(place)
    for start in range(0, 200, 20):
        await store(sink, 20, start)
    await sink.close()
    objects = objects_of(ParquetOptions(**place), "archive")
    await objects.prepare()
    await objects.create(f"{TP.topic}/_compacting/some.new", memoryview(b"half"), {})

    with pytest.raises(SinkUnavailable, match="let `headrace compact parquet --yes` end"):
        await read(place, ALL, Run(1, 0))
    await objects.delete([f"{TP.topic}/_compacting/some.new"])
    assert len(await read(place, ALL, Run(1, 0))) == 200
    await objects.close()


async def test_objects_that_go_while_they_are_read_are_told(place: dict[str, Any]) -> None:
    sink = sink_in(place)
    for start in range(0, 200, 20):
        await store(sink, 20, start)
    await sink.close()
    history = open_history(ParquetOptions(**place), CONTENT_SESSIONS, "archive", TP.topic, ALL)
    await history.runs()
    reading = history.rows(Run(1, 0), -1)
    assert (await anext(reading)).offsets[0] == 0

    await compact(place)

    with pytest.raises(SinkUnavailable, match="is gone: does `headrace compact` run"):
        _ = [rows async for rows in reading]
    await history.close()
