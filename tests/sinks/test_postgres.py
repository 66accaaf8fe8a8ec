"""A PostgreSQL that cannot take anything now is told from a bug, and nothing is stored then."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from devstack.place.free_ports import free_port
from models.batches import Batch
from models.content_sessions import CONTENT_SESSIONS
from models.decode import Decoder
from models.positions import Position, Positions
from models.validation import Limits
from sinks.base import Fenced, SinkUnavailable
from sinks.postgres.epochs import begin_epoch, stored_positions
from sinks.postgres.sink import PostgresSink
from tests.models.records import TP, batch_of, heartbeat

DECODER = Decoder(CONTENT_SESSIONS, Limits())


@pytest.fixture
async def sink(database: str) -> AsyncIterator[PostgresSink]:
    sink = PostgresSink(database, CONTENT_SESSIONS)
    yield sink
    await sink.close()


def one_record(sink: PostgresSink) -> Batch:
    batch = Batch(CONTENT_SESSIONS)
    decoded = DECODER.decode(batch_of([heartbeat()]))
    batch.add(decoded, sink.encode(decoded, epoch=1))
    return batch


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    sink = PostgresSink(f"postgresql://postgres@127.0.0.1:{free_port()}/none", CONTENT_SESSIONS)

    with pytest.raises(SinkUnavailable, match="PostgreSQL"):
        await sink.positions([TP])


async def test_a_database_that_is_not_there_is_unavailable(database: str) -> None:
    sink = PostgresSink(f"{database}_not", CONTENT_SESSIONS)

    with pytest.raises(SinkUnavailable, match="does not exist"):
        await sink.positions([TP])


async def test_a_read_only_database_is_unavailable_until_it_is_not(
    sink: PostgresSink, database: str
) -> None:
    positions = await sink.positions([TP])
    await sink.close()
    await read_only(database, on=True)

    with pytest.raises(SinkUnavailable, match="read-only"):
        await sink.write(one_record(sink), positions)
    await read_only(database, on=False)

    assert await stored_by(sink, positions) == 0


async def test_a_new_epoch_fences_whoever_still_runs(sink: PostgresSink, database: str) -> None:
    old = await sink.positions([TP])

    number = await begin_epoch(database, TP.topic, {TP: Position(1, -1, None)})

    assert number == 2
    with pytest.raises(Fenced):
        await sink.write(one_record(sink), old)
    assert await stored_by(sink, await sink.positions([TP])) == 0
    assert [held.epoch for held in (await stored_positions(database, [TP.topic])).values()] == [2]


async def test_an_epoch_may_begin_behind_what_is_lost(sink: PostgresSink, database: str) -> None:
    await sink.positions([TP])

    await begin_epoch(database, TP.topic, {TP: Position(1, 119, None)})

    assert (await sink.positions([TP]))[TP].last_offset == 119


async def test_a_topic_that_was_never_read_has_no_positions(database: str) -> None:
    assert await stored_positions(database, ["never"]) == {}


async def stored_by(sink: PostgresSink, positions: Positions) -> int:
    """Write one record; return the position reached."""
    await sink.write(one_record(sink), positions)
    return (await sink.positions([TP]))[TP].last_offset


async def read_only(dsn: str, *, on: bool) -> None:
    name = dsn.rpartition("/")[2]
    state = "on" if on else "off"
    await execute(dsn, f"ALTER DATABASE {name} SET default_transaction_read_only = {state}", "off")


async def execute(dsn: str, statement: str, read_only: str = "off") -> None:
    settings = {"default_transaction_read_only": read_only}
    connection = await asyncpg.connect(dsn, server_settings=settings)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
