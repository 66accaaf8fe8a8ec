"""The past of a run: what simulated clients did before it, sent as fast as possible.

A past of the run's own rate would be millions of records a day. Instead it has fewer, each of a
player standing for more viewing, so that traffic and sessions are those of the run; of what is only
counted (plays, clicks, purchases, trades) the past has less.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from generator.clients import HEARTBEAT_SECONDS, Simulation
from generator.producer import Lane, Producer
from generator.story import Story
from generator.streams import shares
from generator.times import SECOND
from generator.traffic import Fractions, Traffic

EVENTS_PER_SECOND = 6.0
"""On average, of all streams: half a million a day, which a worker stores in seconds."""

Clock = Callable[[], int]

_LONGEST_HEARTBEAT = 3_600  # what the contract takes
_STEP = 60 * SECOND  # of event time, between two looks at whether to stop


def past(
    simulation: Simulation, fractions: Fractions, streams: Sequence[str], seconds: float
) -> dict[str, Traffic]:
    """Give each stream's traffic of so many seconds before `simulation.start`.

    The rate of the simulation is that of all streams together once the run begins. Nothing is late:
    that would lie before the begin.
    """
    rate = min(EVENTS_PER_SECOND, simulation.events_per_second)
    heartbeat = round(HEARTBEAT_SECONDS * simulation.events_per_second / rate)
    story = Story(simulation.start)
    return {
        stream: Traffic(
            stream,
            replace(
                simulation,
                events_per_second=rate * share,
                start=simulation.start - round(seconds * SECOND),
                profile=story.profile(stream),
                heartbeat_seconds=min(heartbeat, _LONGEST_HEARTBEAT),
                story=story,
            ),
            replace(fractions, late=0),
        )
        for stream, share in shares(streams).items()
    }


async def fill(
    past: Mapping[str, Traffic],
    lanes: Sequence[Lane],
    producer: Producer,
    *,
    until: int,
    stop: asyncio.Event,
    clock: Clock,
) -> None:
    """Send all that is due up to a time, and wait until the broker has it.

    Records carry the time at which they are sent, as those of clients do that were offline: fresh,
    though about the past.
    """
    begin = min(source.start for source in past.values())
    for end in range(begin + _STEP, until + _STEP, _STEP):
        for lane in lanes:
            source = past[lane.stream]
            records = source.take(source.due(min(end, until) - 1))
            await producer.send(lane, records, clock())
        if stop.is_set():
            return
        await asyncio.sleep(0)
    await producer.flush()
