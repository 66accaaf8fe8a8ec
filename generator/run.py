"""The producing loop: what is due goes out, until told to stop."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from generator.producer import InDoubt, Producer
from generator.target import Target
from generator.times import DAY, SECOND
from generator.traffic import Fractions, Traffic
from generator.truth import Truth

Clock = Callable[[], int]
"""Gives milliseconds since 1970."""

_CHUNK = 1_000  # heartbeats between two looks at the clock: 5 ms of work
_TICK_SECONDS = 0.02
_UNPACED_EVENTS_PER_SECOND = 20_000


@dataclass(frozen=True, slots=True)
class Load:
    """What to send.

    Without a rate (0), as fast as possible: the traffic of 200,000 viewers played back from the
    past (`start`), because a session beats every ten seconds of event time at any speed. `start` is
    the event time of the first beat in milliseconds, None for a fitting one.
    """

    events_per_second: float
    seed: int = 1
    start: int | None = None
    events: int | None = None
    fractions: Fractions = field(default_factory=Fractions)


async def generate(
    load: Load,
    target: Target,
    truth: Truth,
    *,
    stop: asyncio.Event,
    clock: Clock,
    flush_seconds: float = 10.0,
) -> None:
    """Produce until `stop` is set or the wanted number of events is sent; returns when flushed.

    Sets `stop` at the end. Waits for a broker that goes away, once stopped only `flush_seconds`.
    Raises BrokerUnreachable at the beginning, and InDoubt where records were not taken.
    """
    producer = Producer(target, truth)
    try:
        async with asyncio.timeout(None) as patience:
            watching = asyncio.create_task(_limit(patience, stop, flush_seconds))
            async with producer:
                await _produce(load, producer, stop, clock)
                stop.set()
    except TimeoutError:
        raise InDoubt(
            f"{producer.in_flight} records were sent to {target.broker} and not acknowledged"
        ) from None
    finally:
        watching.cancel()


async def _limit(patience: asyncio.Timeout, stop: asyncio.Event, seconds: float) -> None:
    await stop.wait()
    patience.reschedule(asyncio.get_running_loop().time() + seconds)


async def _produce(load: Load, producer: Producer, stop: asyncio.Event, clock: Clock) -> None:
    begun = clock()
    start = _start(load, begun)
    traffic = Traffic(
        seed=load.seed,
        events_per_second=load.events_per_second or _UNPACED_EVENTS_PER_SECOND,
        start=start,
        fractions=load.fractions,
    )
    # unpaced, event time may run until it meets the clock: beyond lies the future
    behind = begun - start if load.events_per_second else 0
    left = load.events
    while not stop.is_set() and left != 0:
        due = min(traffic.due(clock() - behind), _CHUNK)
        records = traffic.take(due)[:left]
        left = None if left is None else left - len(records)
        await producer.send(records, clock())
        if due < _CHUNK:
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
