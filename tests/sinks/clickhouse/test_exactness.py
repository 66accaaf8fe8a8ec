"""Each record once, whatever happens to writers, answers and the server."""

import asyncio

import pytest

from models.content_sessions import CONTENT_SESSIONS
from models.positions import Position
from sinks.base import Fenced, Rejected, SinkUnavailable
from sinks.clickhouse.epochs import begin_epoch
from sinks.clickhouse.errors import DeduplicationError
from sinks.clickhouse.preparation import check_deduplication
from sinks.clickhouse.server import Server
from tests.models.records import NOW_MILLISECONDS
from tests.sinks.clickhouse.beside import P0, P1, Place, batch, without_guard
from tests.sinks.clickhouse.relay import relay_to


async def test_a_writer_that_was_overtaken_stores_nothing(place: Place) -> None:
    zombie, successor = place.sink(), place.sink()
    old = await zombie.positions([P0])
    await successor.write(batch(successor, (P0, 0, 9)), await successor.positions([P0]))

    with pytest.raises(Fenced):
        await zombie.write(batch(zombie, (P0, 0, 4)), old)

    assert place.offsets() == list(range(10))
    await zombie.close()
    await successor.close()


async def test_the_test_before_sees_what_the_guard_prevents(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_guard(monkeypatch)
    zombie, successor = place.sink(), place.sink()
    old = await zombie.positions([P0])
    await successor.write(batch(successor, (P0, 0, 9)), await successor.positions([P0]))

    with pytest.raises(Fenced):  # too late
        await zombie.write(batch(zombie, (P0, 0, 4)), old)

    assert len(place.offsets()) == 15
    await zombie.close()
    await successor.close()


async def test_a_writer_whose_name_for_it_the_server_has_forgotten_is_fenced_too(
    place: Place,
) -> None:
    zombie, successor = place.sink(), place.sink()
    old = await zombie.positions([P0])
    place.query(
        "ALTER TABLE DB.content_sessions_records"
        " MODIFY SETTING non_replicated_deduplication_window = 1"
    )
    for first in range(0, 30, 10):
        held = await successor.positions([P0])
        await successor.write(batch(successor, (P0, first, first + 9)), held)

    with pytest.raises(Fenced):
        await zombie.write(batch(zombie, (P0, 0, 4)), old)

    assert place.offsets() == list(range(30))
    await zombie.close()
    await successor.close()


async def test_of_two_writers_at_once_one_wins(place: Place) -> None:
    one, other = place.sink(), place.sink()
    expected = await one.positions([P0])
    await other.positions([P0])
    for _ in range(10):
        first = expected[P0].last_offset + 1

        told = await asyncio.gather(
            one.write(batch(one, (P0, first, first + 400)), expected),
            other.write(batch(other, (P0, first, first + 700)), expected),
            return_exceptions=True,
        )

        assert [type(answer) for answer in told if answer != {}] == [Fenced]
        expected = await one.positions([P0])
        await other.positions([P0])
    assert place.offsets() == list(range(expected[P0].last_offset + 1))
    await one.close()
    await other.close()


async def test_an_insert_whose_answer_was_lost_counts_once(place: Place) -> None:
    async with relay_to(place.server.port) as relay:
        sink = place.sink(url=f"http://127.0.0.1:{relay.port}")
        expected = await sink.positions([P0, P1])
        both = batch(sink, (P0, 0, 9), (P1, 0, 4))
        relay.loses = 1

        await sink.write(both, expected)  # read back: it was stored
        await sink.write(both, expected)

        assert (place.offsets(0), place.offsets(1)) == ([*range(10)], [*range(5)])
        await sink.close()


async def test_what_was_stored_in_part_is_completed(place: Place) -> None:
    sink, other = place.sink(), place.sink()
    expected = await sink.positions([P0, P1])
    await other.positions([P0])
    both = batch(sink, (P0, 0, 9), (P1, 0, 4))
    await other.write(batch(other, (P0, 0, 9)), expected)
    await sink.positions([P0, P1])

    await sink.write(both, expected)

    assert (place.offsets(0), place.offsets(1)) == ([*range(10)], [*range(5)])
    await sink.close()
    await other.close()


async def test_a_name_that_a_kill_has_burnt_is_given_up_for_another(place: Place) -> None:
    sink = place.sink()
    expected = await sink.positions([P0])
    for attempt in (0, 1):  # known to the server, and nothing of this partition is there
        place.server.query(
            f"INSERT INTO {place.database}.content_sessions_records (kafka_partition, kafka_offset)"
            f" SETTINGS insert_deduplication_token = 'content_sessions:1:0:-1:{attempt}'"
            f" VALUES (99, {attempt})"
        )

    await sink.write(batch(sink, (P0, 0, 9)), expected)

    assert place.offsets() == list(range(10))
    await sink.close()


async def test_a_partition_that_is_refused_does_not_repeat_the_other(place: Place) -> None:
    sink = place.sink()
    expected = await sink.positions([P0, P1])
    place.query(
        "ALTER TABLE DB.content_sessions_records"
        " ADD CONSTRAINT c CHECK NOT (kafka_partition = 1 AND session_id = 's-3')"
    )

    with pytest.raises(Rejected):
        await sink.write(batch(sink, (P0, 0, 9), (P1, 0, 4)), expected)
    # as the writer goes on: smaller batches, and one that reaches beyond
    await sink.write(batch(sink, (P0, 0, 4)), expected)
    half = {P0: Position(1, 4, NOW_MILLISECONDS, 5)}
    await sink.write(batch(sink, (P0, 5, 19)), half)

    assert (place.offsets(0), place.offsets(1)) == ([*range(20)], [])
    await sink.close()


async def test_the_next_epoch_begins_anew_and_fences_the_last(place: Place) -> None:
    sink = place.sink()
    expected = await sink.positions([P0, P1])
    await sink.write(batch(sink, (P0, 0, 9)), expected)
    old = await sink.positions([P0, P1])

    begun = {tp: Position(1, -1, None) for tp in (P0,)}
    epoch = await begin_epoch(place.options(), CONTENT_SESSIONS, P0.topic, begun)

    with pytest.raises(Fenced):
        await sink.write(batch(sink, (P0, 10, 12)), old)
    with pytest.raises(Fenced):
        await sink.write(batch(sink, (P1, 0, 1)), old)
    fresh = await sink.positions([P0, P1])
    await sink.write(batch(sink, (P0, 0, 2), (P1, 0, 1)), fresh)
    assert epoch == 2
    assert fresh == {tp: Position(2, -1, None) for tp in (P0, P1)}
    assert place.offsets(0) == list(range(10))
    assert (place.offsets(0, epoch=2), place.offsets(1, epoch=2)) == ([0, 1, 2], [0, 1])
    await sink.close()


async def test_rows_that_expire_leave_the_position(place: Place) -> None:
    sink = place.sink(ttl_days=1)
    expected = await sink.positions([P0, P1])
    await sink.write(batch(sink, (P0, 0, 9), (P1, 0, 4)), expected)
    held = await sink.positions([P0, P1])

    place.query("ALTER TABLE DB.content_sessions_records MODIFY TTL stored_at - toIntervalDay(1)")
    place.query("OPTIMIZE TABLE DB.content_sessions_records FINAL")

    assert place.offsets() == []
    assert await sink.positions([P0, P1]) == held
    await sink.write(batch(sink, (P0, 10, 12)), held)
    assert (await sink.positions([P0]))[P0].last_offset == 12
    await sink.close()


async def test_what_arrives_too_late_stays_a_day(place: Place) -> None:
    sink = place.sink(ttl_days=1)  # the batch's events are older
    await sink.write(batch(sink, (P0, 0, 9)), await sink.positions([P0]))

    place.query("OPTIMIZE TABLE DB.content_sessions_records FINAL")

    assert place.offsets() == list(range(10))
    await sink.close()


async def test_a_server_that_stores_twice_is_refused(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sinks.clickhouse.tables.DEDUPLICATION_WINDOW", 0)
    sink = place.sink()

    with pytest.raises(DeduplicationError, match="insert_deduplication_token"):
        await sink.positions([P0])

    await sink.close()


async def test_the_self_test_leaves_nothing_behind(place: Place) -> None:
    sink, server = place.sink(), Server(place.options())
    await sink.positions([P0])
    before = place.query(f"SELECT name FROM system.tables WHERE database = '{place.database}'")

    await check_deduplication(server, place.options())

    assert place.query(f"SELECT name FROM system.tables WHERE database = '{place.database}'") == (
        before
    )
    await server.close()
    await sink.close()


async def test_a_server_that_is_away_is_waited_for(place: Place) -> None:
    sink = place.sink(url="http://127.0.0.1:9")

    with pytest.raises(SinkUnavailable, match=r"127\.0\.0\.1:9 is away"):
        await sink.positions([P0])

    await sink.close()


@pytest.mark.parametrize("done", ["TRUNCATE TABLE", "DROP TABLE"])
async def test_a_lost_table_of_positions_brings_no_earlier_epoch_back(
    place: Place, done: str
) -> None:
    first = place.sink()
    await first.write(batch(first, (P0, 0, 9)), await first.positions([P0]))
    begun = {tp: Position(1, -1, None, next_offset=0) for tp in (P0, P1)}
    await begin_epoch(place.options(), CONTENT_SESSIONS, P0.topic, begun)
    held = await first.positions([P0, P1])
    await first.write(batch(first, (P0, 0, 29)), held)
    reached = await first.positions([P0])
    await first.close()

    place.query(f"{done} DB.headrace_positions SYNC")
    second = place.sink()
    found = await second.positions([P0])
    await second.write(batch(second, (P0, 30, 39)), found)

    assert found[P0].place == reached[P0].place == (2, 29)
    assert place.offsets(0, epoch=2) == list(range(40))
    assert place.offsets(0, epoch=1) == list(range(10))
    await second.close()
