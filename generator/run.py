"""The producing loop: what is due goes out, until told to stop."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from generator.clients import USERS, Simulation
from generator.producer import InDoubt, Lane, Producer
from generator.profiles import PROFILES, ProfileName
from generator.streams import shares
from generator.times import DAY, SECOND
from generator.traffic import Fractions, Traffic

Clock = Callable[[], int]
"""Gives milliseconds since 1970."""

_CHUNK = 1_000  # events between two looks at the clock: 5 to 10 ms of work
_TICK_SECONDS = 0.02
_UNPACED_EVENTS_PER_SECOND = 20_000


@dataclass(frozen=True, slots=True)
class Load:
    """What to send, over all streams together.

    Without a rate (0), as fast as possible: the traffic of 20,000 events/s played back from the
    past (`start`), because clients live in event time at any speed. `start` is the event time of
    the first events in milliseconds, None for a fitting one.
    """

    events_per_second: float
    seed: int = 1
    start: int | None = None
    events: int | None = None
    fractions: Fractions = field(default_factory=Fractions)
    profile: ProfileName = "flat"
    users: int = USERS

    @property
    def pace(self) -> float:
        return self.events_per_second or _UNPACED_EVENTS_PER_SECOND

    def traffic(self, streams: Sequence[str], start: int) -> dict[str, Traffic]:
        """Give each stream its share of the rate."""
        return {
            stream: Traffic(
                stream,
                Simulation(self.seed, self.pace * share, start, PROFILES[self.profile], self.users),
                self.fractions,
            )
            for stream, share in shares(streams).items()
        }


async def generate(
    load: Load,
    lanes: Sequence[Lane],
    *,
    stop: asyncio.Event,
    clock: Clock,
    flush_seconds: float = 20.0,
) -> None:
    """Produce until `stop` is set or the wanted number of events is sent; returns when flushed.

    Sets `stop` at the end. Waits for a broker that goes away, once stopped only `flush_seconds`.
    Raises BrokerUnreachable at the beginning, and InDoubt where records were not taken.
    """
    producer = Producer(lanes)
    try:
        async with asyncio.timeout(None) as patience:
            watching = asyncio.create_task(_limit(patience, stop, flush_seconds))
            async with producer:
                await _produce(load, lanes, producer, stop, clock)
                stop.set()
    except TimeoutError:
        raise InDoubt(
            f"{producer.in_flight} records were sent to {lanes[0].target.broker} "
            "and not acknowledged"
        ) from None
    finally:
        watching.cancel()


async def _limit(patience: asyncio.Timeout, stop: asyncio.Event, seconds: float) -> None:
    await stop.wait()
    patience.reschedule(asyncio.get_running_loop().time() + seconds)


async def _produce(
    load: Load, lanes: Sequence[Lane], producer: Producer, stop: asyncio.Event, clock: Clock
) -> None:
    begun = clock()
    start = _start(load, begun)
    traffic = load.traffic([lane.stream for lane in lanes], start)
    # unpaced, event time may run until it meets the clock: beyond lies the future
    behind = begun - start if load.events_per_second else 0
    step = max(1, round(_CHUNK * SECOND / load.pace))
    reached, left = start - 1, load.events
    while not stop.is_set() and left != 0:
        now = clock() - behind
        reached, all_due = min(now, reached + step), now <= reached + step
        for lane in lanes:
            source = traffic[lane.stream]
            records = source.take(source.due(reached))[:left]
            left = None if left is None else left - len(records)
            await producer.send(lane, records, clock())
        if all_due:
            await producer.send_open()
            await _pause(stop)
        else:
            await asyncio.sleep(0)


def _start(load: Load, now: int) -> int:
    if load.start is not None:
        return load.start
    if load.events_per_second:
        return now
    if load.events is not None:
        return now - load.events * SECOND // _UNPACED_EVENTS_PER_SECOND
    return now - DAY


async def _pause(stop: asyncio.Event) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), _TICK_SECONDS)
