"""Partitions that nobody stores, told by every worker that stores others.

A worker that holds partitions and cannot store looks to Kafka like any other. What gives it away is
the database: there is something to read, and the position does not move.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from batching.survey import group_holders
from sinks.postgres.epochs import stored_positions
from telemetry.worker_status import Unheld

if TYPE_CHECKING:
    import faust

    from app.worker.status import StreamMonitor
    from batching.consumer import BatchConsumer
    from batching.consumer_thread import Reach
    from config.settings import Settings
    from models.positions import Position, Positions, TopicPartition

_EVERY_SECONDS = 10.0
_LOOK_SECONDS = 20.0
_SESSIONS = 10.0
"""So many session time-outs a position may stand still before it is told: 60 s by default.

A worker that dies is noticed after one; the takeover that follows lasts as long as giving up,
reading positions and rebuilding live tables take, under load some ten seconds.
"""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Since when (seconds, monotonic) a partition has stood at `place` with records behind it."""

    place: tuple[int, int] | None
    since: float
    lag: int


@dataclass
class StandingStill:
    """Remembers how long partitions have had something to store without anybody storing it."""

    after_seconds: float
    clock: Callable[[], float] = time.monotonic
    _waiting: Mapping[TopicPartition, _Waiting] = field(default_factory=dict)

    def look(
        self, others: Mapping[TopicPartition, Reach], stored: Positions
    ) -> dict[TopicPartition, int]:
        """Compare log ends with stored positions; give the lag of what has stood still too long."""
        now = self.clock()
        self._waiting = {
            tp: self._of(tp, stored.get(tp), lag, now)
            for tp, log in others.items()
            if (lag := _lag(log, stored.get(tp))) > 0
        }
        return {
            tp: one.lag
            for tp, one in self._waiting.items()
            if now - one.since >= self.after_seconds
        }

    def forget(self) -> None:
        """Begin anew: while Kafka or the database does not answer, nobody can store."""
        self._waiting = {}

    def _of(self, tp: TopicPartition, at: Position | None, lag: int, now: float) -> _Waiting:
        place = at.place if at else None
        before = self._waiting.get(tp)
        stands = before is not None and before.place == place
        return _Waiting(place, before.since if before and stands else now, lag)


def attach(app: faust.App, settings: Settings, streams: Sequence[StreamMonitor]) -> None:
    """Attach the timer; what it finds stands in the streams' counters."""
    still = StandingStill(_SESSIONS * settings.session_timeout_seconds)

    async def look() -> None:
        if not app.started or app.rebalancing:
            return
        try:
            async with asyncio.timeout(_LOOK_SECONDS):
                await _look(app, settings, streams, still)
        except Exception as error:  # noqa: BLE001 - whatever it is, counting goes on without it
            app.log.info("who stores the other partitions is not known: %r", error)
            still.forget()
            _tell(streams, {}, {}, {})

    app.timer(_EVERY_SECONDS, name="unheld-partitions")(look)


async def _look(
    app: faust.App, settings: Settings, streams: Sequence[StreamMonitor], still: StandingStill
) -> None:
    mine = {tp for one in streams for tp in one.writer.done_up_to()}
    others = await cast("BatchConsumer", app.consumer).spans_without(mine)
    topics = {tp.topic for tp in others}
    dsn = settings.database.get_secret_value()
    found = still.look(others, await stored_positions(dsn, topics) if topics else {})
    holders = await group_holders(settings.broker, app.conf.id) if found else {}
    _tell(streams, others, found, holders)


def _tell(
    streams: Sequence[StreamMonitor],
    others: Mapping[TopicPartition, Reach],
    found: Mapping[TopicPartition, int],
    holders: Mapping[TopicPartition, str],
) -> None:
    for one in streams:
        topics = one.writer.topics
        mine = set(one.writer.done_up_to())
        one.stats.topic_partitions = len(mine | {tp for tp in others if tp.topic in topics})
        one.stats.unheld = {
            tp.partition: Unheld(lag, holders.get(tp, ""))
            for tp, lag in sorted(found.items())
            if tp.topic in topics and tp not in mine
        }


def _lag(log: Reach, at: Position | None) -> int:
    return log.end - max(log.start, at.read_to.offset if at else log.start)
