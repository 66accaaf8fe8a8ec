"""From history to the replay's topic, each record once and in order, at the speed that is wanted.

What was sent is known from the topic alone: the last record of each partition says which one it
was. Each transaction is there whole or not at all, so a replay that was killed goes on behind it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from app.replaying.marks import SAID, Mark, headers_of, mark_of, said_in
from batching.cancellation import cancel_and_wait
from batching.once import Headers, Once, Outgoing, Reading
from config.environment import PlainError
from models.validation import EPOCH
from models.writing import EventWriter
from sinks.history import History, Rows, Run
from telemetry import fault_points

_TOGETHER = 20_000
"""So many records in one transaction, about."""

_TOGETHER_BYTES = 16 * 1024 * 1024

_MILLISECOND = timedelta(milliseconds=1)
_LOOK_BACK = (1, 10, 1_000, 100_000)


class AnotherReplayError(PlainError):
    """The topic holds records of a replay that was not brought to its end."""


@dataclass(slots=True)
class _Feed:
    """What is read of one run and not sent yet."""

    run: Run
    coming: AsyncIterator[Rows]
    waiting: Rows | None = None

    def starts(self, event_time: str) -> datetime:
        assert self.waiting is not None  # noqa: S101 - those that are at their end are left out
        at: datetime = self.waiting.columns[event_time][0]
        return at

    async def fill(self) -> bool:
        """Read on if nothing waits; False at the end."""
        if self.waiting is None:
            self.waiting = await anext(self.coming, None)
        return self.waiting is not None

    def take(self, count: int) -> Rows:
        rows = self.waiting
        assert rows is not None  # noqa: S101 - as above
        if count >= len(rows.offsets):
            self.waiting = None
            return rows
        self.waiting = _sliced(rows, slice(count, None))
        return _sliced(rows, slice(0, count))


class Sender:
    """Sends one replay. `speed` is how much faster than it happened; None: as fast as it goes.

    `said` is which replay it is, in words that another one's user reads.
    """

    def __init__(
        self,
        *,
        broker: str,
        topic: str,
        replay: str,
        said: str,
        history: History,
        writer: EventWriter,
        event_time: str,
        speed: float | None,
        on_sent: Callable[[int], None],
    ) -> None:
        self._broker = broker
        self._topic = topic
        self._replay = replay
        self._said = said.encode()
        self._history = history
        self._writer = writer
        self._event_time = event_time
        self._speed = speed
        self._on_sent = on_sent
        self.last: dict[int, Mark] = {}
        """The last record of each partition that is sent."""

    @property
    def sent(self) -> int:
        return sum(mark.number for mark in self.last.values())

    async def find_last(self, partitions: Sequence[int]) -> None:
        """Find what was sent before. Raises AnotherReplayError."""
        async with Reading.opened(self._broker, self._topic) as reading:
            begins, ends = await reading.begins(partitions), await reading.ends(partitions)
            for number in partitions:
                headers = await _last(reading, number, begins[number], ends[number])
                if headers is None:
                    continue
                mark = mark_of(headers)
                if mark is None or mark.replay != self._replay:
                    which = f": {said}" if (said := said_in(headers)) else ""
                    raise AnotherReplayError(
                        f"{self._topic} holds another replay, or one with other options, that was "
                        f"not brought to its end{which}. Run that one again, or drop it with --anew"
                    )
                self.last[number] = mark
        self._on_sent(self.sent)

    async def run(self, once: Once, runs: Sequence[Run]) -> None:
        """Send all that is left of these runs, one life of the topic after the other."""
        for _, some in groupby(sorted(runs), key=lambda run: run.epoch):
            feeds = [
                _Feed(run, self._history.rows(run, self._after(run)))
                for run in some
                if not self._is_over(run)
            ]
            await self._send_all(once, feeds)

    def _after(self, run: Run) -> int:
        mark = self.last.get(run.partition)
        return mark.offset if mark and mark.epoch == run.epoch else -1

    def _is_over(self, run: Run) -> bool:
        mark = self.last.get(run.partition)
        return mark is not None and mark.epoch > run.epoch

    async def _send_all(self, once: Once, feeds: list[_Feed]) -> None:
        """Send all that the feeds hold: what comes next is made while the last is committed."""
        records: list[Outgoing] = []
        size = 0
        committing: list[asyncio.Task[None]] = []
        try:
            async for run, rows in self._due(feeds):
                # in a thread: the loop has others to serve, and a transaction to end
                made = await asyncio.to_thread(self._outgoing, run, rows)
                records += made
                size += sum(len(one.value or b"") for one in made)
                is_enough = len(records) >= _TOGETHER or size >= _TOGETHER_BYTES
                if is_enough or self._speed is not None:
                    await asyncio.gather(*committing)
                    committing = [asyncio.create_task(self._commit(once, records, self.sent))]
                    records, size = [], 0
            await asyncio.gather(*committing)
        finally:
            await cancel_and_wait(committing)
        if records:
            await self._commit(once, records, self.sent)

    async def _due(self, feeds: list[_Feed]) -> AsyncIterator[tuple[Run, Rows]]:
        """Give rows of all feeds in the order of their times, about; each when it is due."""
        clock: _Clock | None = None
        while feeds := [feed for feed in feeds if await feed.fill()]:
            first = min(feeds, key=lambda feed: feed.starts(self._event_time))
            if self._speed is None:
                yield first.run, first.take(_TOGETHER)
            else:
                clock = clock or _Clock(first.starts(self._event_time), self._speed)
                yield first.run, await clock.due(first, self._event_time)

    def _outgoing(self, run: Run, rows: Rows) -> list[Outgoing]:
        mark = self.last.get(run.partition)
        number = mark.number if mark else 0
        numbered = enumerate(rows.offsets, number + 1)
        partition = run.partition
        made = [
            Outgoing(partition, value, _timestamp(event_time), headers)
            for value, event_time, headers in zip(
                self._writer.write(rows.columns),
                rows.columns[self._event_time],
                headers_of(self._replay, run.epoch, numbered),
                strict=True,
            )
        ]
        if made:
            made[-1].headers.append((SAID, self._said))
            last = number + len(made)
            self.last[partition] = Mark(self._replay, last, run.epoch, rows.offsets[-1])
        return made

    async def _commit(self, once: Once, records: Sequence[Outgoing], reached: int) -> None:
        ordered = sorted(records, key=lambda one: one.partition)  # stable: fewer, larger batches
        fault_points.reach("before_upsert")
        await once.send(self._topic, ordered)
        fault_points.reach("before_compare_and_set")
        self._on_sent(reached)


class _Clock:
    """Says when an event is due."""

    def __init__(self, begin: datetime, speed: float) -> None:
        self._begin = begin
        self._speed = speed
        self._started = time.monotonic()

    async def due(self, feed: _Feed, event_time: str) -> Rows:
        """Wait until the first of what waits is due; give all that is due then."""
        waiting = feed.waiting
        assert waiting is not None  # noqa: S101 - filled before
        times: Sequence[datetime] = waiting.columns[event_time]
        await asyncio.sleep(max(-self._late(times[0]), 0))
        count = next((nth for nth, at in enumerate(times) if self._late(at) < 0), len(times))
        return feed.take(max(count, 1))

    def _late(self, at: datetime) -> float:
        due = self._started + (at - self._begin).total_seconds() / self._speed
        return time.monotonic() - due


async def _last(reading: Reading, partition: int, begin: int, end: int) -> Headers | None:
    """Give the headers of a partition's last record; None where there is none."""
    for back in (*_LOOK_BACK, end - begin):
        at = max(begin, end - back)
        found = await reading.between({partition: at}, {partition: end})
        if found:
            return found[-1].headers
        if at == begin:
            break
    return None


def _timestamp(event_time: datetime) -> int:
    """Give a record's time in milliseconds; none for what was before 1970."""
    return max((event_time - EPOCH) // _MILLISECOND, -1)


def _sliced(rows: Rows, part: slice) -> Rows:
    columns: Mapping[str, Sequence[object]] = {
        name: values[part] for name, values in rows.columns.items()
    }
    return Rows(rows.offsets[part], columns)
