"""What PostgreSQL refuses for good, told apart from what it cannot take now and from bugs."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from agents.patience import PatientSink
from models.batches import Batch
from models.content_sessions import CONTENT_SESSIONS
from models.decode import Decoder
from models.positions import Positions, TopicPartition
from models.purchases import PURCHASES
from models.streams import Stream
from models.validation import Limits
from sinks.base import Rejected, SinkUnavailable
from sinks.postgres.sink import PostgresSink
from tests.models.examples import FORMS
from tests.models.records import TP, batch_of, heartbeat
from tests.sinks.notes import LONG_KEY, STREAM, TABLES, note

NOTES = TopicPartition("notes", 0)
MOST = 9 * 10**12  # two of them, a million units each, leave 64 bits


@pytest.fixture
async def connection(database: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database)
    yield connection
    await connection.close()


@pytest.fixture
async def notes(database: str, connection: asyncpg.Connection) -> AsyncIterator[PostgresSink]:
    await connection.execute(TABLES)
    sink = PostgresSink(database, STREAM)
    yield sink
    await sink.close()


@pytest.fixture
async def heartbeats(database: str) -> AsyncIterator[PostgresSink]:
    sink = PostgresSink(database, CONTENT_SESSIONS)
    yield sink
    await sink.close()


def made(
    sink: PostgresSink, stream: Stream, tp: TopicPartition, *values: bytes, start: int = 0
) -> Batch:
    batch = Batch(stream)
    decoded = Decoder(stream, Limits()).decode(batch_of(values, start=start, tp=tp))
    assert not decoded.dead_letters
    batch.add(decoded, sink.encode(decoded, epoch=1))
    return batch


@pytest.mark.parametrize(
    ("values", "why"),
    [
        pytest.param([note(LONG_KEY)], "index row .* maximum", id="a key beyond an index"),
        pytest.param([note(letters=10**13)], "value out of int64 range", id="one beyond 64 bits"),
        pytest.param([note(letters=MOST)] * 2, "value out of int64 range", id="two together"),
    ],
)
async def test_what_will_never_fit_is_rejected_with_a_reason(
    notes: PostgresSink, values: list[bytes], why: str
) -> None:
    positions = await notes.positions([NOTES])

    with pytest.raises(Rejected, match=f"notes_by_author_windows: .*{why}") as rejected:
        await notes.write(made(notes, STREAM, NOTES, note(), *values), positions)
    await notes.write(made(notes, STREAM, NOTES, note()), positions)

    assert len(str(rejected.value)) < 400
    assert (await notes.positions([NOTES]))[NOTES].last_offset == 0


async def test_a_sum_that_leaves_its_column_is_rejected(notes: PostgresSink) -> None:
    await notes.write(
        made(notes, STREAM, NOTES, note(letters=MOST)), await notes.positions([NOTES])
    )

    with pytest.raises(Rejected, match="notes_by_author_windows: bigint out of range"):
        await notes.write(
            made(notes, STREAM, NOTES, note(letters=MOST), start=1), await notes.positions([NOTES])
        )


async def test_amounts_that_leave_their_column_are_rejected(
    database: str, connection: asyncpg.Connection
) -> None:
    tp = TopicPartition("purchases", 0)
    largest = FORMS["purchases"].event(amount="10000000000", unit_price=1)
    sink = PostgresSink(database, PURCHASES)
    await sink.write(made(sink, PURCHASES, tp, largest), await sink.positions([tp]))
    # as 922,337 of them would have left it
    await connection.execute(
        "UPDATE purchases_by_country_windows SET amount_minor = 922337 * 10^13"
    )

    with pytest.raises(Rejected, match="purchases_by_country_windows: bigint out of range"):
        await sink.write(made(sink, PURCHASES, tp, largest, start=1), await sink.positions([tp]))
    await sink.close()


async def test_a_value_that_no_field_has_room_for_is_rejected_while_it_is_encoded(
    notes: PostgresSink,
) -> None:
    decoded = Decoder(STREAM, Limits()).decode(batch_of([note()], tp=NOTES))
    decoded.columns = [*decoded.columns[:2], (2**63,)]

    with pytest.raises(Rejected, match="notes: "):
        notes.encode(decoded, epoch=1)


async def test_what_is_no_number_at_all_is_a_bug(notes: PostgresSink) -> None:
    batch = made(notes, STREAM, NOTES, note())
    batch.deltas()[STREAM.windows[0]] = {(0, 0, "Ada"): (1, "many")}

    with pytest.raises(asyncpg.DataError):
        await notes.write(batch, await notes.positions([NOTES]))


@pytest.mark.parametrize("table", ["notes", "notes_by_author_windows"])
async def test_a_missing_table_is_named_and_waited_for(
    notes: PostgresSink, connection: asyncpg.Connection, table: str
) -> None:
    named = f'PostgreSQL: a table is missing: relation "{table}" does not exist'
    is_named = asyncio.Event()

    def hear(reason: str | None) -> None:
        if named in (reason or ""):
            is_named.set()

    patient = PatientSink(notes, hear, lambda _: 0)
    await patient.write(made(notes, STREAM, NOTES, note()), await patient.positions([NOTES]))
    positions = await patient.positions([NOTES])
    await connection.execute(f"DROP TABLE {table}")

    writing = asyncio.create_task(
        patient.write(made(notes, STREAM, NOTES, note(), start=1), positions)
    )
    await is_named.wait()
    await connection.execute("DROP TABLE IF EXISTS notes, notes_by_author_windows")
    await connection.execute(TABLES)
    await writing

    assert (await patient.positions([NOTES]))[NOTES].last_offset == 1


class Aborting(PostgresSink):
    """Something goes wrong in its transaction that nobody hears of."""

    async def _advance(self, moves: object, expected: Positions) -> None:
        await super()._advance(moves, expected)  # type: ignore[arg-type]
        async with self._connection.use() as connection:
            with pytest.raises(asyncpg.DivisionByZeroError):
                await connection.execute("SELECT 1 / 0")


async def test_a_rollback_in_answer_to_commit_stores_nothing_and_is_noticed(database: str) -> None:
    sink = Aborting(database, CONTENT_SESSIONS)
    positions = await sink.positions([TP])

    with pytest.raises(SinkUnavailable, match="answered ROLLBACK to COMMIT"):
        await sink.write(made(sink, CONTENT_SESSIONS, TP, heartbeat()), positions)

    assert await sink.positions([TP]) == positions
    await sink.close()
