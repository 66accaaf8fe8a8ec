"""What a writer works with, for its tests: sinks that behave oddly, and ears."""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field

from agents.writer import PendingBytes, Writer
from batching.topic_identity import PartitionIdentity
from models.batches import Batch
from models.content_sessions import CONTENT_SESSIONS
from models.dead_letters import DeadLetter
from models.decode import Decoder
from models.positions import Positions, TopicPartition
from models.records import RecordBatch
from models.validation import Limits
from sinks.base import Sink, SinkUnavailable, Totals
from sinks.memory import MemorySink
from tests.models.records import TP, batch_of, heartbeat


class GatedSink(MemorySink):
    """Writes only while its gate is open."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.begun = 0

    async def write(self, batch: Batch, expected: Positions) -> Totals:
        self.begun += 1
        await self.gate.wait()
        return await super().write(batch, expected)


class ForgetfulSink(MemorySink):
    """Stores the first batch, but its answer is lost on the way."""

    answers_lost = 0

    async def write(self, batch: Batch, expected: Positions) -> Totals:
        totals = await super().write(batch, expected)
        if not self.answers_lost:
            self.answers_lost += 1
            raise SinkUnavailable("the connection broke after COMMIT")
        return totals


@dataclass
class RecordingObserver:
    """Hears what an observer and a topic of dead letters are told."""

    told: list[str] = field(default_factory=list)
    letters: list[DeadLetter] = field(default_factory=list)
    totals: list[Totals] = field(default_factory=list)

    async def publish(self, letters: Sequence[DeadLetter]) -> None:
        self.letters.extend(letters)

    def on_taken_over(self, positions: Positions, totals: Totals) -> None:
        self.told.append(f"taken over {len(positions)}")
        self.totals.append(totals)

    def on_accepted(self, batch: RecordBatch) -> None:
        self.told.append(f"accepted {len(batch.records)}")

    def on_stored(self, batch: Batch, totals: Totals) -> None:
        self.told.append(f"stored {batch.records}")
        self.totals.append(totals)

    def on_given_up(self) -> None:
        self.told.append("given up")

    def on_waiting(self, reason: str | None) -> None:
        self.told.append(f"waiting: {reason}")


def writer_to(
    sink: Sink, ear: RecordingObserver, *, flush_records: int = 2, begins_at_end: bool = False
) -> Writer:
    return Writer(
        stream=CONTENT_SESSIONS,
        topic=TP.topic,
        sink=sink,
        decoder=Decoder(CONTENT_SESSIONS, Limits()),
        dead_letters=ear,
        observer=ear,
        flush_records=flush_records,
        pending_bytes=PendingBytes(),
        totals_since=lambda _: 0,
        read_again=lambda: ear.told.append("read again"),
        begins_at_end=begins_at_end,
    )


def two_records(start: int) -> RecordBatch:
    """Make a batch that is enough for a flush."""
    return batch_of([heartbeat(), heartbeat()], start=start)


async def begun(writer: Writer, *partitions: TopicPartition) -> list[int]:
    """Take partitions over and begin them; return where each is read from."""
    await writer.take_over(partitions)
    return [writer.begin(tp, PartitionIdentity(0)) for tp in partitions]


def offsets(sink: MemorySink) -> list[object]:
    return [row[1] for row in sink.rows]


async def flushed(writer: Writer) -> None:
    """Flush, and wait until it is written."""
    await writer.flush()
    await writer.flush()


async def is_stuck(waiting: Awaitable[None]) -> asyncio.Task[None]:
    """Let everything run that can; the task has to wait all the same."""
    task = asyncio.ensure_future(waiting)
    for _ in range(20):
        await asyncio.sleep(0)
    assert not task.done()
    return task
