"""The hops of an event from HTTP to a row, and what each of them takes of the processor."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click
import psutil

from benchmarks.edge_load import cpu_seconds, send, write_bodies
from benchmarks.edge_servers import Server
from benchmarks.environment import Place
from benchmarks.progress import check_running, observer
from benchmarks.worker import Worker
from devstack.processes.child import Child
from generator.clients import Simulation
from generator.traffic import Fractions, Traffic
from models.media_events import MEDIA_EVENTS

STREAM = MEDIA_EVENTS.topic
_BODIES = 200
_MAY_LAG_SECONDS = 2.0
_ON_TIME = 0.98
_WARM_UP = 2_000
_CONNECTIONS = 32
_TRIALS = 2

Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Hops:
    """The hops of one run, and how events get in."""

    here: Place
    edge: Server
    worker: Worker
    dsn: str
    topic: str

    def cpu(self) -> dict[str, float]:
        """Give the seconds that each hop but the sender has used so far."""
        hops: Mapping[str, Child] = {
            "edge": self.edge.child,
            "kafka": self.here.kafka.child,
            "worker": self.worker.child,
            "postgres": self.here.postgres.child,
        }
        return {name: cpu_seconds(child) for name, child in hops.items()}

    async def wait_for(self, events: int) -> None:
        """Return when rows or dead letters of so many records are there. Raises StuckError."""
        since = time.time()
        async with observer(self.dsn, self.topic) as looks:
            async for seen in looks():
                check_running([self.worker.child, self.edge.child], since)
                if seen.rows >= events:
                    return


class Ladder:
    """Steps of rising rates; `accepted` is what the edge has acknowledged in all of them."""

    def __init__(self, hops: Hops, events: int, seconds: float) -> None:
        self._hops, self._events, self._seconds = hops, events, seconds
        self._bodies = hops.here.folder / "bodies"
        made = media_events(_BODIES * events)
        bodies = [made[begin : begin + events] for begin in range(0, len(made), events)]
        write_bodies(self._bodies, bodies)
        self.accepted = 0

    async def climb(self, rates: Sequence[int]) -> list[Figures]:
        """Go up until a step is not sustained, twice: once may be the machine's doing."""
        await self.step(_WARM_UP)
        steps: list[Figures] = []
        for rate in rates:
            for _ in range(_TRIALS):
                click.echo(f"{rate:,} events/s for {self._seconds:g} s", err=True)
                steps.append(await self.step(rate))
                if steps[-1]["sustained"]:
                    break
            else:
                break
        return steps

    async def step(self, rate: int) -> Figures:
        """Send at one rate, wait for the rows, and say what that took."""
        psutil.cpu_percent()
        before, begun = self._hops.cpu(), time.monotonic()
        sent = await asyncio.to_thread(self._send, rate / self._events)
        answered = time.monotonic()
        self.accepted += sent["accepted_events"]
        await self._hops.wait_for(self.accepted)
        stored = time.monotonic()
        after = self._hops.cpu()
        used = {name: after[name] - before[name] for name in after}
        used["sender"] = sent["sender_cpu_seconds"]
        took = answered - begun
        events = sent["accepted_events"]
        on_time = not sent["never_sent"] and events / took >= rate * _ON_TIME
        return {
            "events_per_second_asked": rate,
            "events_per_second_answered": events / took,
            "events_per_second_stored": events / (stored - begun),
            "rows_after_last_answer_seconds": stored - answered,
            "sustained": on_time and stored - answered <= _MAY_LAG_SECONDS,
            "p50_ms": sent["p50_ms"],
            "p99_ms": sent["p99_ms"],
            "cpu_us_per_event": {name: spent / events * 1e6 for name, spent in used.items()},
            "cores": {name: spent / (stored - begun) for name, spent in used.items()},
            "machine_busy": psutil.cpu_percent() / 100,
        }

    def _send(self, requests_per_second: float) -> Figures:
        return send(
            self._hops.here.folder / "load",
            self._hops.edge.url,
            self._bodies,
            seconds=self._seconds,
            rate=requests_per_second,
            connections=_CONNECTIONS,
        )


def media_events(count: int) -> list[bytes]:
    """Make events of all released versions, as the generator makes them, none of them bad."""
    simulation = Simulation(1, count, time.time_ns() // 1_000_000 - 1_000)
    traffic = Traffic(STREAM, simulation, Fractions(late=0, out_of_order=0, duplicates=0, bad=0))
    made: list[bytes] = []
    while len(made) < count:
        made += [record.value for record in traffic.take(count) if record.value]
    return made[:count]


def where_it_ends(step: Figures) -> str:
    """Say which hop took most of a core, and whether the machine had any processor time left."""
    name, cores = max(step["cores"].items(), key=lambda it: float(it[1]))
    ours = sum(step["cores"].values())
    return (
        f"{name} used most, {cores:.2f} cores; all hops {ours:.2f} of {os.cpu_count()}, "
        f"the machine was {step['machine_busy']:.0%} busy"
    )


def by_cpu(step: Figures) -> float:
    """Say what all cores together would do if nothing else ran on them, by what an event takes."""
    return (os.cpu_count() or 1) * 1e6 / float(sum(step["cpu_us_per_event"].values()))
