"""What every sink promises (sinks/base.py): the fake and the real one pass the same tests."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from models.batches import Batch
from models.content_sessions import CONTENT_SESSIONS
from models.decode import Decoder
from models.positions import Position, TopicPartition
from models.refusals import Limits
from sinks.base import Fenced, Totals
from sinks.postgres.sink import PostgresSink
from tests.contract.stored import Stored, Subject, memory, partition, postgres
from tests.models.records import NOW, NOW_MILLISECONDS, batch_of, heartbeat

DECODER = Decoder(CONTENT_SESSIONS, Limits())
NOTHING = Stored([], [])
P0, P1 = partition(0), partition(1)
BEGIN = Position(epoch=1, last_offset=-1, last_timestamp=None)
MINUTE = int(NOW.timestamp()) * 1_000_000
[BY_CDN] = [window for window in CONTENT_SESSIONS.windows if window.name == "traffic_by_cdn"]


@pytest.fixture(params=["memory", "postgres"])
async def subject(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    if request.param == "memory":
        yield memory()
    else:
        dsn = request.getfixturevalue("database")
        subject = postgres(dsn, PostgresSink(dsn, CONTENT_SESSIONS))
        yield subject
        await subject.sink.close()


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
        P0: Position(1, 1, NOW_MILLISECONDS),
        P1: Position(1, 5, NOW_MILLISECONDS),
    }


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
        P0: Position(1, 0, NOW_MILLISECONDS),
        P1: BEGIN,
    }


async def test_writes_go_on_after_a_fence(subject: Subject) -> None:
    positions = await subject.sink.positions([P0])
    with pytest.raises(Fenced):
        await subject.sink.write(batch(subject, [heartbeat()]), {P0: Position(1, 3, 0)})

    await subject.sink.write(batch(subject, [heartbeat()]), positions)

    assert len((await subject.look()).rows) == 1


async def test_a_write_returns_the_new_totals_of_what_it_touched(subject: Subject) -> None:
    positions = await subject.sink.positions([P0])
    first = batch(subject, [heartbeat(), heartbeat(current_cdn="Fastly")])
    await subject.sink.write(first, positions)

    second = batch(subject, [heartbeat(heartbeat_seconds=5)], start=2)
    totals = await subject.sink.write(second, await subject.sink.positions([P0]))

    assert by_cdn(totals) == {(MINUTE, 0, "Akamai"): (2, 60_000, 15)}


async def test_totals_are_those_of_the_partitions_and_times_asked_for(subject: Subject) -> None:
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
    events = sum(
        int(str(row[0])) for row in by_cdn(await subject.sink.totals([P0], lambda _: 0)).values()
    )
    assert events == (reached + 1) // 2
