"""A topic full of heartbeats, and what they must add up to."""

from __future__ import annotations

import asyncio
import gc
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from generator.clients import HEARTBEAT_SECONDS
from generator.content_sessions.records import Row
from generator.producer import Lane
from generator.records import Outcome
from generator.run import Load, generate
from generator.target import Target
from generator.traffic import Fractions
from models.content_sessions import CONTENT_SESSIONS
from models.windows import Window

Totals = dict[tuple[object, ...], list[int]]
"""[events, kilobits, session_seconds] by (minute since 1970, *the window's keys)."""

PARTITIONS = 4
# Late and disordered records as in real traffic. None bad, and none of what players say since
# content_sessions 1.1: peers have no place for those
_FRACTIONS = Fractions(bad=0)


@dataclass(slots=True)
class Tally:
    """The truth with every key of every window."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)

    def add(self, outcomes: Iterable[Outcome]) -> None:
        self.outcomes.update(outcomes)


@dataclass(frozen=True, slots=True)
class Backlog:
    """`prefix` is what a worker needs to be told, `topic` the full name."""

    prefix: str
    topic: str
    events: int
    outcomes: Mapping[Outcome, int]

    def totals(self, window: Window) -> Totals:
        """Add up what the window must hold."""
        totals: Totals = defaultdict(lambda: [0, 0, 0])
        for row, times in self.outcomes.items():
            if isinstance(row, Row):
                keys = {"current_cdn": row.cdn, "asn": row.asn}
                held = totals[(row.minute, *(keys[name] for name in window.keys))]
                held[0] += times
                held[1] += times * row.kilobits
                held[2] += times * HEARTBEAT_SECONDS
        return dict(totals)


async def fill(broker: str, prefix: str, events: int) -> Backlog:
    """Make a topic of four partitions with so many heartbeats, the same at every run."""
    gc.set_threshold(50_000, 20, 100)  # as app/cli/generate.py: half a million live sessions
    tally = Tally()
    topic = f"{prefix}{CONTENT_SESSIONS.topic}"
    await generate(
        Load(0, events=events, fractions=_FRACTIONS, players_tell=False),
        [Lane(CONTENT_SESSIONS.topic, Target(broker, topic, PARTITIONS), tally)],
        stop=asyncio.Event(),
        clock=lambda: time.time_ns() // 1_000_000,
    )
    return Backlog(prefix, topic, tally.outcomes.total(), tally.outcomes)
