"""What generated events become in a real database is what the generator says, view by view."""

from collections.abc import Mapping, Sequence

import pytest

from db.stored import VIEWS, Stored, stored
from devstack.verify.comparison import Comparison, compare
from generator.clients import Simulation
from generator.records import Record
from generator.report import report
from generator.streams import SIMULATED
from generator.traffic import Fractions, Traffic
from generator.truth import Truth
from models.all import STREAMS
from models.batches import Batch
from sinks.postgres.sink import PostgresSink
from tests.generator.decoding import decode

START = 1_795_341_900_123
AFTER_ALL = START + 3 * 60_000
MUCH_GOES_WRONG = Fractions(late=0.05, out_of_order=0.05, duplicates=0.02, bad=0.02)
TOPICS = {stream: stream for stream in STREAMS}
WANTED = [view for views in VIEWS.values() for view in views]


def records(stream: str, seed: int, users: int) -> list[Record]:
    simulation = Simulation(seed, 50, START, users=users)
    return Traffic(stream, simulation, MUCH_GOES_WRONG).take(3_000)


async def store(dsn: str, stream: str, some: Sequence[Record], partition: int) -> None:
    """Store records as a worker does, as one batch of one partition."""
    sink = PostgresSink(dsn, STREAMS[stream])
    batch = Batch(STREAMS[stream])
    decoded = decode(stream, some, AFTER_ALL, partition)
    batch.add(decoded, sink.encode(decoded, epoch=1))
    await sink.write(batch, await sink.positions([decoded.tp]))
    await sink.close()


async def run(
    dsn: str, seed: int, users: int = 500
) -> tuple[dict[str, Truth], Mapping[str, Stored], Mapping[str, Stored]]:
    """Produce and store; give the truths and what the database held before and after."""
    before = await stored(dsn, TOPICS, WANTED)
    truths = {stream: simulated.truth() for stream, simulated in SIMULATED.items()}
    for stream, truth in truths.items():
        some = records(stream, seed, users)
        truth.add(record.outcome for record in some)
        await store(dsn, stream, some, partition=seed)
    return truths, before, await stored(dsn, TOPICS, WANTED)


def compared(
    truths: Mapping[str, Truth], before: Mapping[str, Stored], after: Mapping[str, Stored]
) -> Comparison:
    return compare(report(truths, done=True, events_per_second=1), before, after)


async def test_every_view_holds_what_was_produced_also_where_it_held_something_before(
    database: str,
) -> None:
    first = await run(database, seed=1)
    second = await run(database, seed=2)  # the same minutes, products, contents and users

    for comparison in (compared(*first), compared(*second)):
        assert comparison.equal, comparison.differing_windows[:5]
        assert comparison.windows > 500


@pytest.mark.parametrize("stream", STREAMS)
async def test_one_record_too_many_is_seen(database: str, stream: str) -> None:
    truths, before, _ = await run(database, seed=1)
    row = next(one for one in records(stream, 1, 500) if not isinstance(one.outcome, str))

    await store(database, stream, [row], partition=7)

    comparison = compared(truths, before, await stored(database, TOPICS, WANTED))
    assert not comparison.equal
    assert comparison.differing_windows
    assert {one.what.split(":")[0] for one in comparison.totals if not one.equal} >= {stream}
