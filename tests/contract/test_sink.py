"""What every sink promises (sinks/base.py): the fake and the real one pass the same tests."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from batching.topic_identity import PartitionIdentity
from devstack.engines.clickhouse import Clickhouse
from models.batches import Batch
from models.content_sessions import CONTENT_SESSIONS
from models.decode import Decoder
from models.positions import Position, ReadTo, TopicPartition
from models.validation import Limits
from sinks.base import Fenced, Rejected, Totals
from sinks.clickhouse.options import ClickhouseOptions
from sinks.clickhouse.sink import ClickhouseSink
from sinks.postgres.sink import PostgresSink
from tests.agents.doubles import RecordingObserver, begun, flushed, writer_to
from tests.contract.stored import Stored, Subject, clickhouse, memory, partition, postgres
from tests.models.records import NOW, NOW_MILLISECONDS, batch_of, heartbeat

DECODER = Decoder(CONTENT_SESSIONS, Limits())
NOTHING = Stored([], [])
P0, P1 = partition(0), partition(1)
BEGIN = Position(epoch=1, last_offset=-1, last_timestamp=None)
TOPIC = UUID(int=7)
MINUTE = int(NOW.timestamp()) * 1_000_000
[BY_CDN] = [window for window in CONTENT_SESSIONS.windows if window.name == "traffic_by_cdn"]


@pytest.fixture(params=["memory", "postgres", "clickhouse"])
async def subject(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    if request.param == "memory":
        yield memory()
    elif request.param == "clickhouse":
        server: Clickhouse = request.getfixturevalue("clickhouse")
        database = f"t{uuid4().hex}"
        options = ClickhouseOptions(url=server.url, database=database)
        subject = clickhouse(server, database, ClickhouseSink(options, CONTENT_SESSIONS))
        yield subject
        await subject.sink.close()
        server.query(f"DROP DATABASE IF EXISTS {database}")
    else:
        dsn = request.getfixturevalue("database")
        subject = postgres(dsn, PostgresSink(dsn, CONTENT_SESSIONS))
        yield subject
        await subject.sink.close()


def windows_of(subject: Subject) -> None:
    """Skip what is asked of sinks with windows only."""
    if not subject.keeps_windows:
        pytest.skip("a sink of records: its windows are read from its rows")


async def events_counted(subject: Subject, otherwise: int) -> int:
    """Count the events of the windows of partition 0, where there are any."""
    if not subject.keeps_windows:
        return otherwise
    rows = by_cdn(await subject.sink.totals([P0], lambda _: 0)).values()
    return sum(int(str(row[0])) for row in rows)


def batch(
    subject: Subject, values: list[bytes | None], start: int = 0, tp: TopicPartition = P0
) -> Batch:
    return add(subject, Batch(CONTENT_SESSIONS), values, start, tp)


def add(
    subject: Subject,
    to: Batch,
    values: list[bytes | None],
    start: int = 0,
    tp: TopicPartition = P0,
) -> Batch:
    decoded = DECODER.decode(batch_of(values, start=start, tp=tp))
    to.add(decoded, subject.sink.encode(decoded, epoch=1))
    return to


def by_cdn(totals: Totals) -> dict[tuple[object, ...], tuple[object, ...]]:
    return dict(totals.get(BY_CDN, {}))


async def test_positions_begin_before_the_first_record(subject: Subject) -> None:
    assert await subject.sink.positions([P0, P1]) == {P0: BEGIN, P1: BEGIN}


async def test_a_write_stores_rows_and_moves_positions(subject: Subject) -> None:
    positions = await subject.sink.positions([P0, P1])
    two = batch(subject, [heartbeat(session_id="a"), heartbeat(session_id="b")])
    add(subject, two, [heartbeat(session_id="c")], start=5, tp=P1)

    await subject.sink.write(two, positions)

    assert await subject.look() == Stored([(0, 0, "a"), (0, 1, "b"), (1, 5, "c")], [])
    assert await subject.sink.positions([P0, P1]) == {
        P0: Position(1, 1, NOW_MILLISECONDS, next_offset=2),
        P1: Position(1, 5, NOW_MILLISECONDS, next_offset=6),
    }


async def test_a_position_tells_where_reading_goes_on_and_of_which_topic_it_speaks(
    subject: Subject,
) -> None:
    expected = {P0: BEGIN._replace(topic_id=TOPIC)}
    await subject.sink.positions([P0])
    aborted_behind = replace(batch_of([heartbeat()]), end=7, leader_epoch=3)
    one = Batch(CONTENT_SESSIONS)
    decoded = DECODER.decode(aborted_behind)
    one.add(decoded, subject.sink.encode(decoded, epoch=1))

    await subject.sink.write(one, expected)

    held = (await subject.sink.positions([P0]))[P0]
    assert held == Position(1, 0, NOW_MILLISECONDS, 7, 3, TOPIC)
    assert held.read_to == ReadTo(7, 3)


async def test_what_is_noted_beside_a_position_leaves_its_place(subject: Subject) -> None:
    await subject.sink.write(batch(subject, [heartbeat()]), await subject.sink.positions([P0, P1]))
    noted = Position(1, 0, NOW_MILLISECONDS, 9, 4, TOPIC)

    await subject.sink.note({P0: noted})

    assert await subject.sink.positions([P0, P1]) == {P0: noted, P1: BEGIN}
    await subject.sink.write(batch(subject, [heartbeat()], start=9), {P0: noted})


@pytest.mark.parametrize(
    "late",
    [
        pytest.param(Position(1, 0, NOW_MILLISECONDS, 5, 4, TOPIC), id="of another place"),
        pytest.param(Position(2, 1, NOW_MILLISECONDS, 5, 4, TOPIC), id="of another epoch"),
        pytest.param(Position(1, 1, NOW_MILLISECONDS, 1, 4, TOPIC), id="read less far"),
    ],
)
async def test_what_is_noted_too_late_is_not_kept(subject: Subject, late: Position) -> None:
    two = batch(subject, [heartbeat(), heartbeat()])
    await subject.sink.write(two, await subject.sink.positions([P0]))

    await subject.sink.note({P0: late})

    assert (await subject.sink.positions([P0]))[P0] == Position(1, 1, NOW_MILLISECONDS, 2)


async def test_partitions_that_a_batch_does_not_touch_stay(subject: Subject) -> None:
    positions = await subject.sink.positions([P0, P1])

    await subject.sink.write(batch(subject, [heartbeat()]), positions)

    assert (await subject.sink.positions([P1]))[P1] == BEGIN


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(BEGIN, id="behind"),
        pytest.param(Position(1, 7, NOW_MILLISECONDS), id="ahead"),
        pytest.param(Position(2, 0, NOW_MILLISECONDS), id="of another epoch"),
    ],
)
async def test_a_wrong_expectation_is_fenced_and_stores_nothing(
    subject: Subject, wrong: Position
) -> None:
    await subject.sink.write(batch(subject, [heartbeat()]), await subject.sink.positions([P0, P1]))
    before = await subject.look(), await subject.sink.totals([P0], lambda _: 0)
    late = batch(subject, [heartbeat(), None], start=8)
    add(subject, late, [heartbeat()], tp=P1)

    with pytest.raises(Fenced):
        await subject.sink.write(late, {P0: wrong, P1: BEGIN})

    assert (await subject.look(), await subject.sink.totals([P0], lambda _: 0)) == before
    assert await subject.sink.positions([P0, P1]) == {
        P0: Position(1, 0, NOW_MILLISECONDS, next_offset=1),
        P1: BEGIN,
    }


async def test_writes_go_on_after_a_fence(subject: Subject) -> None:
    positions = await subject.sink.positions([P0])
    with pytest.raises(Fenced):
        await subject.sink.write(batch(subject, [heartbeat()]), {P0: Position(1, 3, 0)})

    await subject.sink.write(batch(subject, [heartbeat()]), positions)

    assert len((await subject.look()).rows) == 1


async def test_a_write_returns_the_new_totals_of_what_it_touched(subject: Subject) -> None:
    windows_of(subject)
    positions = await subject.sink.positions([P0])
    first = batch(subject, [heartbeat(), heartbeat(current_cdn="Fastly")])
    await subject.sink.write(first, positions)

    second = batch(subject, [heartbeat(heartbeat_seconds=5)], start=2)
    totals = await subject.sink.write(second, await subject.sink.positions([P0]))

    assert by_cdn(totals) == {(MINUTE, 0, "Akamai"): (2, 60_000, 15)}


async def test_totals_are_those_of_the_partitions_and_times_asked_for(subject: Subject) -> None:
    windows_of(subject)
    both = batch(subject, [heartbeat(), heartbeat("2026-11-22T10:03:59.999Z")])
    add(subject, both, [heartbeat()], tp=P1)
    await subject.sink.write(both, await subject.sink.positions([P0, P1]))

    totals = await subject.sink.totals([P0], lambda _: MINUTE)

    assert by_cdn(totals) == {(MINUTE, 0, "Akamai"): (1, 40_000, 10)}


@pytest.mark.parametrize("payload", [None, b"", b"\0\xff{", b"x" * 2_000_000])
async def test_dead_letters_are_kept_untouched(subject: Subject, payload: bytes | None) -> None:
    bad = batch(subject, [payload])

    await subject.sink.write(bad, await subject.sink.positions([P0]))

    assert await subject.look() == Stored([], bad.dead_letters)
    assert (await subject.sink.positions([P0]))[P0].last_offset == 0


async def test_a_batch_with_a_row_that_is_refused_for_good_is_rejected_whole(
    subject: Subject,
) -> None:
    positions = await subject.sink.positions([P0])
    await subject.refuse("refused")
    with_neighbours = batch(
        subject, [heartbeat(), None, heartbeat(session_id="refused"), heartbeat()]
    )

    with pytest.raises(Rejected) as rejected:
        await subject.sink.write(with_neighbours, positions)

    assert 0 < len(str(rejected.value)) < 500
    assert await subject.look() == NOTHING
    assert await subject.sink.positions([P0]) == positions


async def test_one_bad_row_does_not_lose_its_neighbours(subject: Subject) -> None:
    await subject.refuse("refused")
    values = [heartbeat(session_id=name) for name in ("a", "b", "refused", "c")]
    ear = RecordingObserver()
    writer = writer_to(subject.sink, ear)
    await begun(writer, P0)

    await writer.accept(batch_of(values))
    await flushed(writer)
    assert ear.told[-1] == "read again"
    await writer.accept(batch_of(values, start=writer.begin(P0, PartitionIdentity(0))))
    await flushed(writer)

    stored = await subject.look()
    assert stored.rows == [(0, 0, "a"), (0, 1, "b"), (0, 3, "c")]
    assert [(letter.offset, letter.reason) for letter in stored.dead_letters] == [
        (2, "rejected_by_sink")
    ]
    assert await events_counted(subject, otherwise=3) == 3


@pytest.mark.parametrize("steps", [0, 1, 2, 5, 10, 20, 40, 80])
async def test_a_cancelled_write_is_undone_or_shows_in_the_positions(
    subject: Subject, steps: int
) -> None:
    positions = await subject.sink.positions([P0])
    bad_and_good = batch(subject, [heartbeat(), None] * 1_000)

    writing = asyncio.create_task(subject.sink.write(bad_and_good, positions))
    for _ in range(steps):
        await asyncio.sleep(0)
    writing.cancel()
    await asyncio.wait([writing])

    reached = (await subject.sink.positions([P0]))[P0].last_offset
    stored = await subject.look()
    assert reached in {-1, 1_999}
    assert len(stored.rows) == len(stored.dead_letters) == (reached + 1) // 2
    stored_rows = (reached + 1) // 2
    assert await events_counted(subject, otherwise=stored_rows) == stored_rows
