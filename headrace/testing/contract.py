"""What every sink promises (sinks/base.py), as tests; a window sink promises more."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import ClassVar
from uuid import UUID

import pytest

from headrace.testing.records import NOW, NOW_MILLISECONDS, batch_of, heartbeat
from models.batches import Batch
from models.content_sessions import CONTENT_SESSIONS
from models.dead_letters import DeadLetter
from models.decode import Decoder
from models.positions import Position, Positions, ReadTo, TopicPartition
from models.streams import Stream
from models.validation import Limits
from sinks.base import Fenced, Rejected, Sink, Totals

_BEGIN = Position(epoch=1, last_offset=-1, last_timestamp=None)
_P0, _P1 = (TopicPartition("content_sessions", number) for number in (0, 1))
_DECODER = Decoder(CONTENT_SESSIONS, Limits())
_TOPIC = UUID(int=7)
_MINUTE = int(NOW.timestamp()) * 1_000_000
[_BY_CDN] = [window for window in CONTENT_SESSIONS.windows if window.name == "traffic_by_cdn"]


@dataclass(frozen=True, slots=True)
class Stored:
    """What a sink really holds: rows as (partition, offset, session_id), all in order."""

    rows: list[tuple[int, int, str]]
    dead_letters: list[DeadLetter]


@dataclass(frozen=True, slots=True)
class Subject:
    """A sink under test, and ways to look into it and to make it refuse."""

    sink: Sink
    look: Callable[[], Awaitable[Stored]]
    """Read what is stored, past the sink. Dead letters are empty for one that keeps none."""

    refuse: Callable[[str], Awaitable[None]] | None = None
    """Have the sink never take rows of this session; None for one that takes every row."""

    begin_epoch: Callable[[Positions], Awaitable[int]] | None = None
    """Begin the next epoch of `content_sessions`, past the sink, as its kind does; None for one
    that has to be given another place then."""

    count: Callable[[], Awaitable[int]] | None = None
    """Count the rows of `content_sessions`, as its kind does; None for one that does not."""


class SinkContract:
    """What every sink promises. A subclass gives the fixture `subject`, with an empty sink."""

    stream: ClassVar[Stream] = replace(CONTENT_SESSIONS, windows=())
    """The stream that the sink is to be built for."""

    def batch(
        self,
        subject: Subject,
        values: list[bytes | None],
        start: int = 0,
        tp: TopicPartition = _P0,
    ) -> Batch:
        """Make a batch of these records."""
        return self.add(subject, Batch(self.stream), values, start, tp)

    def add(
        self,
        subject: Subject,
        to: Batch,
        values: list[bytes | None],
        start: int = 0,
        tp: TopicPartition = _P0,
    ) -> Batch:
        """Add records of one more partition to a batch."""
        decoded = _DECODER.decode(batch_of(values, start=start, tp=tp))
        to.add(decoded, subject.sink.encode(decoded, epoch=1))
        return to

    async def test_positions_begin_before_the_first_record(self, subject: Subject) -> None:
        assert await subject.sink.positions([_P0, _P1]) == {_P0: _BEGIN, _P1: _BEGIN}

    async def test_a_write_stores_rows_and_moves_positions(self, subject: Subject) -> None:
        positions = await subject.sink.positions([_P0, _P1])
        two = self.batch(subject, [heartbeat(session_id="a"), heartbeat(session_id="b")])
        self.add(subject, two, [heartbeat(session_id="c")], start=5, tp=_P1)

        await subject.sink.write(two, positions)

        assert (await subject.look()).rows == [(0, 0, "a"), (0, 1, "b"), (1, 5, "c")]
        moved = await subject.sink.positions([_P0, _P1])
        assert {tp: at.place for tp, at in moved.items()} == {_P0: (1, 1), _P1: (1, 5)}
        assert moved[_P0].last_timestamp == NOW_MILLISECONDS

    async def test_partitions_that_a_batch_does_not_touch_stay(self, subject: Subject) -> None:
        positions = await subject.sink.positions([_P0, _P1])

        await subject.sink.write(self.batch(subject, [heartbeat()]), positions)

        assert (await subject.sink.positions([_P1]))[_P1] == _BEGIN

    async def test_rows_of_a_partition_follow_each_other(self, subject: Subject) -> None:
        expected = await subject.sink.positions([_P0])
        for number in range(5):
            batch = self.batch(subject, [heartbeat(session_id=f"s{number}")], start=number)
            await subject.sink.write(batch, expected)
            expected = await subject.sink.positions([_P0])

        assert (await subject.look()).rows == [(0, number, f"s{number}") for number in range(5)]

    async def test_records_that_are_no_rows_move_the_position(self, subject: Subject) -> None:
        await subject.sink.write(
            self.batch(subject, [None, b"{", None]), await subject.sink.positions([_P0])
        )

        assert (await subject.sink.positions([_P0]))[_P0].last_offset == 2
        assert (await subject.look()).rows == []

    async def test_rows_of_all_epochs_are_counted_and_dead_letters_are_not(
        self, subject: Subject
    ) -> None:
        if subject.count is None:
            pytest.skip("this sink does not count what it holds")
        first = self.batch(subject, [heartbeat(), None, heartbeat()])
        self.add(subject, first, [heartbeat()], tp=_P1)
        await subject.sink.write(first, await subject.sink.positions([_P0, _P1]))
        counted = await subject.count()
        await _begin_epoch(subject)({_P0: _BEGIN, _P1: _BEGIN})

        again = self.batch(subject, [heartbeat()])
        await subject.sink.write(again, await subject.sink.positions([_P0]))

        assert (counted, await subject.count()) == (3, 4)

    @pytest.mark.parametrize(
        "wrong",
        [
            pytest.param(_BEGIN, id="behind"),
            pytest.param(Position(1, 7, NOW_MILLISECONDS), id="ahead"),
        ],
    )
    async def test_a_wrong_expectation_is_fenced_and_stores_nothing(
        self, subject: Subject, wrong: Position
    ) -> None:
        first = self.batch(subject, [heartbeat()])
        await subject.sink.write(first, await subject.sink.positions([_P0]))
        before = await subject.look()
        late = self.batch(subject, [heartbeat(), heartbeat(), None], start=wrong.last_offset + 1)

        with pytest.raises(Fenced):
            await subject.sink.write(late, {_P0: wrong})

        assert await subject.look() == before
        assert (await subject.sink.positions([_P0]))[_P0].place == (1, 0)

    async def test_writes_go_on_after_a_fence(self, subject: Subject) -> None:
        positions = await subject.sink.positions([_P0])
        late = self.batch(subject, [heartbeat()], start=4)
        with pytest.raises(Fenced):
            await subject.sink.write(late, {_P0: Position(1, 3, 0)})

        await subject.sink.write(self.batch(subject, [heartbeat()]), positions)

        assert len((await subject.look()).rows) == 1

    async def test_a_row_that_is_refused_for_good_is_told_from_a_sink_that_is_away(
        self, subject: Subject
    ) -> None:
        if subject.refuse is None:
            pytest.skip("this sink takes every row")
        positions = await subject.sink.positions([_P0])
        await subject.refuse("refused")
        values = [heartbeat(), None, heartbeat(session_id="refused"), heartbeat()]

        with pytest.raises(Rejected) as rejected:
            await subject.sink.write(self.batch(subject, values), positions)

        assert 0 < len(str(rejected.value)) < 500
        assert await subject.look() == Stored([], [])
        assert await subject.sink.positions([_P0]) == positions

    async def test_a_new_epoch_keeps_what_is_stored_and_counts_on_where_it_is_told(
        self, subject: Subject
    ) -> None:
        begin_epoch = _begin_epoch(subject)
        positions = await subject.sink.positions([_P0, _P1])
        old = self.batch(subject, [heartbeat(session_id="old")])
        self.add(subject, old, [heartbeat(session_id="other")], tp=_P1)
        await subject.sink.write(old, positions)

        number = await begin_epoch({_P0: _BEGIN, _P1: Position(1, 6, None)})
        begun = await subject.sink.positions([_P0, _P1])
        new = self.batch(subject, [heartbeat(session_id="new")])
        self.add(subject, new, [heartbeat(session_id="later")], start=7, tp=_P1)
        await subject.sink.write(new, begun)

        assert number == 2
        assert {tp: at.place for tp, at in begun.items()} == {_P0: (2, -1), _P1: (2, 6)}
        assert sorted((await subject.look()).rows) == [
            (0, 0, "new"),
            (0, 0, "old"),
            (1, 0, "other"),
            (1, 7, "later"),
        ]
        moved = await subject.sink.positions([_P0, _P1])
        assert {tp: at.place for tp, at in moved.items()} == {_P0: (2, 0), _P1: (2, 7)}

    async def test_a_writer_of_the_last_epoch_is_fenced(self, subject: Subject) -> None:
        begin_epoch = _begin_epoch(subject)
        positions = await subject.sink.positions([_P0, _P1])
        await subject.sink.write(self.batch(subject, [heartbeat()]), positions)
        held = await subject.sink.positions([_P0, _P1])

        await begin_epoch(dict.fromkeys([_P0, _P1], _BEGIN))

        for tp, start in ((_P0, 1), (_P1, 0)):
            with pytest.raises(Fenced):
                await subject.sink.write(self.batch(subject, [heartbeat()], start, tp), held)
        assert len((await subject.look()).rows) == 1

    async def test_epochs_follow_each_other(self, subject: Subject) -> None:
        begin_epoch = _begin_epoch(subject)
        await subject.sink.positions([_P0, _P1])

        numbers = [await begin_epoch({_P0: _BEGIN, _P1: _BEGIN}) for _ in range(3)]

        assert numbers == [2, 3, 4]
        held = await subject.sink.positions([_P0, _P1])
        assert {at.place for at in held.values()} == {(4, -1)}

    @pytest.mark.parametrize("steps", [0, 1, 2, 5, 10, 20, 40, 80])
    async def test_a_cancelled_write_is_undone_or_shows_in_the_positions(
        self, subject: Subject, steps: int
    ) -> None:
        positions = await subject.sink.positions([_P0])
        bad_and_good = self.batch(subject, [heartbeat(), None] * 1_000)

        writing = asyncio.create_task(subject.sink.write(bad_and_good, positions))
        for _ in range(steps):
            await asyncio.sleep(0)
        writing.cancel()
        await asyncio.wait([writing])

        reached, stored = await _at_rest(subject)
        assert reached in {-1, 1_999}
        assert len(stored.rows) == (reached + 1) // 2


async def _at_rest(subject: Subject) -> tuple[int, Stored]:
    """Look when nothing lands meanwhile: a store may finish what its writer was cut off from."""
    while True:
        held = await subject.sink.positions([_P0])
        stored = await subject.look()
        if await subject.sink.positions([_P0]) == held:
            return held[_P0].last_offset, stored


def _begin_epoch(subject: Subject) -> Callable[[Positions], Awaitable[int]]:
    if subject.begin_epoch is None:
        pytest.skip("after a new epoch this sink has to be given another place")
    return subject.begin_epoch


class NotesContract(SinkContract):
    """What a sink promises that keeps, beside a position, where reading goes on and its topic."""

    async def test_a_position_tells_where_reading_goes_on_and_of_which_topic_it_speaks(
        self, subject: Subject
    ) -> None:
        expected = {_P0: _BEGIN._replace(topic_id=_TOPIC)}
        await subject.sink.positions([_P0])
        aborted_behind = replace(batch_of([heartbeat()]), end=7, leader_epoch=3)
        one = Batch(self.stream)
        decoded = _DECODER.decode(aborted_behind)
        one.add(decoded, subject.sink.encode(decoded, epoch=1))

        await subject.sink.write(one, expected)

        held = (await subject.sink.positions([_P0]))[_P0]
        assert held == Position(1, 0, NOW_MILLISECONDS, 7, 3, _TOPIC)
        assert held.read_to == ReadTo(7, 3)

    async def test_what_is_noted_beside_a_position_leaves_its_place(self, subject: Subject) -> None:
        positions = await subject.sink.positions([_P0, _P1])
        await subject.sink.write(self.batch(subject, [heartbeat()]), positions)
        noted = Position(1, 0, NOW_MILLISECONDS, 9, 4, _TOPIC)

        await subject.sink.note({_P0: noted})

        assert await subject.sink.positions([_P0, _P1]) == {_P0: noted, _P1: _BEGIN}
        await subject.sink.write(self.batch(subject, [heartbeat()], start=9), {_P0: noted})

    async def test_where_a_partition_begins_is_noted_before_its_first_record(
        self, subject: Subject
    ) -> None:
        await subject.sink.positions([_P0, _P1])
        noted = _BEGIN._replace(next_offset=9, topic_id=_TOPIC)

        await subject.sink.note({_P0: noted})

        assert await subject.sink.positions([_P0, _P1]) == {_P0: noted, _P1: _BEGIN}
        await subject.sink.write(self.batch(subject, [heartbeat()], start=9), {_P0: noted})
        assert (await subject.look()).rows == [(0, 9, "s-1")]

    @pytest.mark.parametrize(
        "late",
        [
            pytest.param(Position(1, 0, NOW_MILLISECONDS, 5, 4, _TOPIC), id="of another place"),
            pytest.param(Position(2, 1, NOW_MILLISECONDS, 5, 4, _TOPIC), id="of another epoch"),
            pytest.param(Position(1, 1, NOW_MILLISECONDS, 1, 4, _TOPIC), id="read less far"),
        ],
    )
    async def test_what_is_noted_too_late_is_not_kept(
        self, subject: Subject, late: Position
    ) -> None:
        two = self.batch(subject, [heartbeat(), heartbeat()])
        await subject.sink.write(two, await subject.sink.positions([_P0]))

        await subject.sink.note({_P0: late})

        assert (await subject.sink.positions([_P0]))[_P0] == Position(1, 1, NOW_MILLISECONDS, 2)


class WindowSinkContract(NotesContract):
    """What a sink promises that keeps windows and dead letters too: PostgreSQL and the fake."""

    stream: ClassVar[Stream] = CONTENT_SESSIONS

    async def test_all_partitions_of_a_batch_are_fenced_by_one(self, subject: Subject) -> None:
        positions = await subject.sink.positions([_P0, _P1])
        await subject.sink.write(self.batch(subject, [heartbeat()]), positions)
        before = await subject.look(), await subject.sink.totals([_P0], lambda _: 0)
        late = self.batch(subject, [heartbeat(), None], start=8)
        self.add(subject, late, [heartbeat()], tp=_P1)

        with pytest.raises(Fenced):
            await subject.sink.write(late, {_P0: Position(2, 0, NOW_MILLISECONDS), _P1: _BEGIN})

        assert (await subject.look(), await subject.sink.totals([_P0], lambda _: 0)) == before
        assert await subject.sink.positions([_P0, _P1]) == {
            _P0: Position(1, 0, NOW_MILLISECONDS, next_offset=1),
            _P1: _BEGIN,
        }

    async def test_a_write_returns_the_new_totals_of_what_it_touched(
        self, subject: Subject
    ) -> None:
        positions = await subject.sink.positions([_P0])
        first = self.batch(subject, [heartbeat(), heartbeat(current_cdn="Fastly")])
        await subject.sink.write(first, positions)

        second = self.batch(subject, [heartbeat(heartbeat_seconds=5)], start=2)
        totals = await subject.sink.write(second, await subject.sink.positions([_P0]))

        assert _by_cdn(totals) == {(_MINUTE, 0, "Akamai"): (2, 60_000, 15)}

    async def test_totals_are_those_of_the_partitions_and_times_asked_for(
        self, subject: Subject
    ) -> None:
        both = self.batch(subject, [heartbeat(), heartbeat("2026-11-22T10:03:59.999Z")])
        self.add(subject, both, [heartbeat()], tp=_P1)
        await subject.sink.write(both, await subject.sink.positions([_P0, _P1]))

        totals = await subject.sink.totals([_P0], lambda _: _MINUTE)

        assert _by_cdn(totals) == {(_MINUTE, 0, "Akamai"): (1, 40_000, 10)}

    @pytest.mark.parametrize("payload", [None, b"", b"\0\xff{", b"x" * 2_000_000])
    async def test_dead_letters_are_kept_untouched(
        self, subject: Subject, payload: bytes | None
    ) -> None:
        bad = self.batch(subject, [payload])

        await subject.sink.write(bad, await subject.sink.positions([_P0]))

        assert await subject.look() == Stored([], bad.dead_letters)
        assert (await subject.sink.positions([_P0]))[_P0].last_offset == 0

    @pytest.mark.parametrize("steps", [0, 1, 5, 20, 80])
    async def test_a_cancelled_write_leaves_windows_that_fit_the_rows(
        self, subject: Subject, steps: int
    ) -> None:
        positions = await subject.sink.positions([_P0])
        bad_and_good = self.batch(subject, [heartbeat(), None] * 1_000)

        writing = asyncio.create_task(subject.sink.write(bad_and_good, positions))
        for _ in range(steps):
            await asyncio.sleep(0)
        writing.cancel()
        await asyncio.wait([writing])

        reached, stored = await _at_rest(subject)
        totals = _by_cdn(await subject.sink.totals([_P0], lambda _: 0))
        events = sum(int(str(row[0])) for row in totals.values())
        assert events == len(stored.rows) == len(stored.dead_letters) == (reached + 1) // 2


def _by_cdn(totals: Totals) -> dict[tuple[object, ...], tuple[object, ...]]:
    return dict(totals.get(_BY_CDN, {}))
