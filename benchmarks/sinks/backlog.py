"""A topic full of the generator's events, and what they must add up to."""

from __future__ import annotations

import asyncio
import gc
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from generator.clients import Simulation
from generator.producer import Lane, Producer
from generator.records import Outcome, Record
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
    partitions: int = PARTITIONS,
) -> Backlog:
    """Make a topic of so many good events; late, disordered and repeated ones are among them.

    They are the traffic of 20,000 events/s up to now, taken at once; with `hours`, that of so long,
    and Kafka's timestamps are those of the events.
    """
    say(f"{events:,} events of {stream} into {partitions} partition(s)")
    gc.set_threshold(50_000, 20, 100)  # as app/cli/generate.py: half a million live sessions
    backlog = Backlog(prefix, stream)
    now = time.time_ns() // 1_000_000
    pace = events / (hours * 3_600) if hours else _EVENTS_PER_SECOND
    simulation = Simulation(
        1, pace, now - round(events * _SECOND / pace), players_tell=players_tell
    )
    traffic = Traffic(stream, simulation, Fractions(bad=0))
    lane = Lane(stream, Target(broker, backlog.topic, partitions), backlog)

    def stamp() -> int:
        # the time at which the portion ends: an event ahead of its record would be refused
        reached = backlog.events + _AT_ONCE
        return simulation.start + round(reached * _SECOND / pace) if hours else now

    asyncio.run(_fill(lane, _portions(traffic, backlog, events, say), stamp))
    return backlog


def _portions(
    traffic: Traffic, backlog: Backlog, events: int, say: Say
) -> Iterator[Sequence[Record]]:
    while backlog.events < events:
        records = traffic.take(min(_AT_ONCE, events - backlog.events))
        yield records
        backlog.events += len(records)
        backlog.json_bytes += sum(len(record.value or b"") for record in records)
        if backlog.events % _SAID_EVERY < len(records):
            say(f"  {backlog.events:,}")


async def _fill(lane: Lane, portions: Iterator[Sequence[Record]], stamp: Callable[[], int]) -> None:
    async with Producer([lane]) as producer:
        for records in portions:
            await producer.send(lane, records, stamp())
            await asyncio.sleep(0)
