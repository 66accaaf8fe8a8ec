"""A topic full of the generator's events, and what they must add up to."""

from __future__ import annotations

import asyncio
import gc
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from generator.clients import Simulation
from generator.producer import Lane, Producer
from generator.records import Outcome
from generator.target import Target
from generator.traffic import Fractions, Traffic

PARTITIONS = 4
_EVENTS_PER_SECOND = 20_000
_AT_ONCE = 1_000
_SAID_EVERY = 500_000
_SECOND = 1_000

Say = Callable[[str], None]


@dataclass(slots=True)
class Backlog:
    """`topic` is `prefix` and the stream's name; `json_bytes` is what all values weigh."""

    prefix: str
    stream: str
    events: int = 0
    json_bytes: int = 0
    outcomes: Counter[Outcome] = field(default_factory=Counter)

    @property
    def topic(self) -> str:
        return f"{self.prefix}{self.stream}"

    def add(self, outcomes: Iterable[Outcome]) -> None:
        """Take in what the broker has acknowledged."""
        self.outcomes.update(outcomes)

    def counted(self, *names: str) -> dict[tuple[object, ...], int]:
        """Count the events by these fields of what the generator says of them."""
        found: Counter[tuple[object, ...]] = Counter()
        for outcome, times in self.outcomes.items():
            found[tuple(getattr(outcome, name) for name in names)] += times
        return dict(found)


def fill(
    broker: str,
    prefix: str,
    stream: str,
    events: int,
    say: Say,
    *,
    hours: int = 0,
    players_tell: bool = True,
) -> Backlog:
    """Make a topic of so many good events; late, disordered and repeated ones are among them.

    They are the traffic of 20,000 events/s up to now, taken at once; with `hours`, that of so long,
    and Kafka's timestamps are those of the events.
    """
    say(f"{events:,} events of {stream} into {PARTITIONS} partitions")
    gc.set_threshold(50_000, 20, 100)  # as app/cli/generate.py: half a million live sessions
    backlog = Backlog(prefix, stream)
    asyncio.run(_fill(broker, backlog, events, say, hours, players_tell=players_tell))
    return backlog


async def _fill(
    broker: str, backlog: Backlog, events: int, say: Say, hours: int, *, players_tell: bool
) -> None:
    lane = Lane(backlog.stream, Target(broker, backlog.topic, PARTITIONS), backlog)
    now = time.time_ns() // 1_000_000
    pace = events / (hours * 3_600) if hours else _EVENTS_PER_SECOND
    start = now - round(events * _SECOND / pace)
    simulation = Simulation(1, pace, start, players_tell=players_tell)
    traffic = Traffic(backlog.stream, simulation, Fractions(bad=0))
    async with Producer([lane]) as producer:
        while backlog.events < events:
            records = traffic.take(min(_AT_ONCE, events - backlog.events))
            stamp = start + round(backlog.events * _SECOND / pace) if hours else now
            await producer.send(lane, records, stamp)
            if backlog.events // _SAID_EVERY != (backlog.events + len(records)) // _SAID_EVERY:
                say(f"  {backlog.events + len(records):,}")
            backlog.events += len(records)
            backlog.json_bytes += sum(len(record.value or b"") for record in records)
            await asyncio.sleep(0)
