"""One replay from its begin, or from where it was killed, to its end."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from aiokafka.errors import UnknownTopicOrPartitionError

from app.replaying.sender import Sender
from app.replaying.sink_target import SinkTarget
from app.replaying.storer import Storer
from batching.cancellation import cancel_and_wait
from batching.once import Once, OvertakenError
from batching.topics import create_missing, drop_before, widen
from config.environment import PlainError
from models.decode import Decoder
from models.positions import Position
from models.streams import Stream
from models.writing import EventWriter
from sinks.base import Fenced
from sinks.history import History, Run, TimeSpan
from sinks.kinds import Flush
from sinks.postgres.filling import Filling
from sinks.postgres.replacing import Replacing
from sinks.postgres.staging import Staging

_TOPIC = {
    # by the records' own times they would be expired as soon as they are there
    "retention.ms": "-1",
    "message.timestamp.type": "CreateTime",
    # what the first topic took; a mark makes a record longer
    "max.message.bytes": str(33 * 1024 * 1024),
}

_TRIES = 40
_PAUSE_SECONDS = 0.25


_AS_READ = Flush(records=1, seconds=0.0)


class Progress(Protocol):
    """Who is told how it goes."""

    def planned(self, rows: int) -> None: ...
    def sent(self, total: int) -> None: ...
    def stored(self, more: int) -> None: ...
    def replaced(self, more: int) -> None: ...
    def waiting(self, reason: str | None) -> None: ...


class NotEqualError(PlainError):
    """What was read and what has come of it do not add up."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What came of a replay: each number counted by itself, where it stands."""

    read: int
    sent: int
    stored: int
    refused: Mapping[tuple[str, str], int]
    replaced: int | None = None
    handed_over: bool = False

    @property
    def adds_up(self) -> bool:
        return self.read == self.sent == self.stored + sum(self.refused.values())


@dataclass(frozen=True, slots=True)
class Plan:
    """What to replay, and through which topic. `replay` is the same for the same command.

    `said` are that command's options, without secrets.
    """

    replay: str
    broker: str
    topic: str
    replicas: int
    stream: Stream
    span: TimeSpan
    history: History
    writer: EventWriter
    decoder: Decoder
    said: str
    speed: float | None = None
    anew: bool = False
    flush: Flush = _AS_READ
    """What is stored by one write, beyond what is read at once."""


async def fill(
    plan: Plan,
    target: Filling,
    target_topic: str,
    progress: Progress,
) -> Summary:
    """Replay into a database that holds nothing of the stream."""
    async with _begun(plan, progress) as replay:
        await target.prepare(is_new=not replay.sender.last)
        try:
            await replay.run(target, target_topic)
            stored, refused = await target.counted()
            summary = _summary(plan, replay.read, replay.sender.sent, stored, refused)
            _check(summary)
            if summary.handed_over:
                await target.hand_over(replay.ends)
            await replay.forget()
        finally:
            await target.close()
    return summary


async def store(plan: Plan, target: SinkTarget, target_topic: str, progress: Progress) -> Summary:
    """Replay into a sink of headrace.yaml that holds nothing of the stream."""
    async with _begun(plan, progress) as replay:
        try:
            summary = None if plan.anew else await _ended(plan, target)
            if summary is None:
                await target.prepare(replay.ends, is_new=not replay.sender.last, anew=plan.anew)
                await replay.run(target, target_topic)
                stored, refused = await target.counted()
                summary = _summary(plan, replay.read, replay.sender.sent, stored, refused)
                _check(summary)
                await target.hand_over(replay.ends)
                await target.keep_end(stored)
            await replay.forget()
            await target.end()
        finally:
            await target.close()
    return summary


async def _ended(plan: Plan, target: SinkTarget) -> Summary | None:
    """Say what came of this replay, if it was killed when it had only to be forgotten."""
    if (stored := await target.ended()) is None:
        return None
    _, refused = await target.counted()
    read = stored + sum(refused.values())
    return _summary(plan, read, read, stored, refused)


def _summary(
    plan: Plan, read: int, sent: int, stored: int, refused: Mapping[tuple[str, str], int]
) -> Summary:
    return Summary(read, sent, stored, refused, handed_over=plan.span.end is None)


async def replace(
    plan: Plan,
    staging: Staging,
    replacing: Replacing,
    progress: Progress,
) -> Summary:
    """Replay into tables that hold the stream: staged first, then each row for one."""
    async with _begun(plan, progress) as replay:
        await staging.prepare(anew=plan.anew)
        try:
            await replay.run(staging, plan.topic)
            stored, refused = await staging.counted()
            summary = Summary(replay.read, replay.sender.sent, stored, refused)
            _check(summary)
            done = await replacing.run(progress.replaced)
            await replay.forget()
            await staging.drop()
        finally:
            await staging.close()
    return Summary(summary.read, summary.sent, stored, refused, replaced=done.replaced)


@asynccontextmanager
async def _begun(plan: Plan, progress: Progress) -> AsyncIterator[_Replay]:
    """Begin, or go on: as the only one, and only then look for what was sent before."""
    replay = _Replay(plan, progress)
    try:
        await replay.look()
        async with Once.opened(plan.broker, f"headrace-replay-{plan.topic}") as once:
            replay.once = once
            await replay.find()
            yield replay
    finally:
        await plan.history.close()


class _Replay:
    """From history through the topic into a target."""

    def __init__(
        self,
        plan: Plan,
        progress: Progress,
    ) -> None:
        self._plan = plan
        self._history = plan.history
        self._progress = progress
        self.ends: Mapping[Run, Position] = {}
        self.read = 0
        self.once: Once | None = None
        self.sender = Sender(
            broker=plan.broker,
            topic=plan.topic,
            replay=plan.replay,
            said=plan.said,
            history=plan.history,
            writer=plan.writer,
            event_time=plan.stream.event_time,
            speed=plan.speed,
            on_sent=progress.sent,
        )

    async def look(self) -> None:
        """Look what there is to replay."""
        plan = self._plan
        self.ends = await self._history.runs()
        if not self.ends:
            raise PlainError(
                f"the source holds nothing of {plan.stream.topic}: look at --source or --path, and "
                "at --from and --to"
            )
        self.read = await self._history.count()
        self._progress.planned(self.read)
        await self._make_topic({plan.topic: 1 + max(self._partitions)})

    async def find(self) -> None:
        """Find what was sent before."""
        if self._plan.anew:
            await self.forget()
        await self.sender.find_last(self._partitions)

    async def _make_topic(self, partitions: Mapping[str, int]) -> None:
        for _ in range(_TRIES):
            try:
                await create_missing(self._plan.broker, partitions, self._plan.replicas, _TOPIC)
                return await widen(self._plan.broker, partitions)
            except UnknownTopicOrPartitionError:  # a broker has not heard of it yet
                await asyncio.sleep(_PAUSE_SECONDS)
        raise PlainError(f"{self._plan.topic} was made, but the broker does not know it")

    async def run(self, target: Filling | Staging | SinkTarget, target_topic: str) -> None:
        plan = self._plan
        storer = Storer(
            broker=plan.broker,
            topic=plan.topic,
            replay=plan.replay,
            sink=target.sink if isinstance(target, Filling) else target,
            begin_epoch=target.begin_epoch,
            target_topic=target_topic,
            stream=plan.stream,
            decoder=plan.decoder,
            on_stored=self._progress.stored,
            on_waiting=self._progress.waiting,
            flush=plan.flush,
        )
        await storer.find_positions(self._partitions)
        reached = max((mark.epoch for mark in self.sender.last.values()), default=0)
        try:
            for epoch in sorted({run.epoch for run in self.ends}):
                if epoch >= reached:
                    await self._life(storer, [run for run in self.ends if run.epoch == epoch])
        except Fenced:
            raise OvertakenError(
                f"another command, or a worker, stores {target_topic} there now. Run this again "
                "when that has ended"
            ) from None
        finally:
            await self._history.close()  # before rows are replaced: it holds an old snapshot

    async def _life(self, storer: Storer, runs: Sequence[Run]) -> None:
        """Send and store one life of the topic, to its end in all partitions.

        A sink may begin the next one for all of them at once only.
        """
        assert self.once is not None  # noqa: S101 - `_begun` has opened it
        sending = asyncio.create_task(self.sender.run(self.once, runs))
        storing = asyncio.create_task(
            storer.run(lambda: self.sender.last if sending.done() else None)
        )
        try:
            # not gather: that cancels once, and then waits for who has swallowed it, for ever
            going = {sending, storing}
            while going:
                done, going = await asyncio.wait(going, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
        finally:
            await cancel_and_wait([sending, storing])

    async def forget(self) -> None:
        """Have Kafka forget all that the topic holds."""
        # -1 is where a partition ends
        offsets = dict.fromkeys(self._partitions, -1)
        await drop_before(self._plan.broker, self._plan.topic, offsets)

    @property
    def _partitions(self) -> list[int]:
        return sorted({run.partition for run in self.ends})


def _check(summary: Summary) -> None:
    if not summary.adds_up:
        refused = Counter(summary.refused).total()
        raise NotEqualError(
            f"{summary.read:,} rows were read, {summary.sent:,} records sent, {summary.stored:,} "
            f"rows stored and {refused:,} records refused: that does not add up, and nothing more "
            "was done. Did somebody else write there, or empty the topic? --anew begins again"
        )
