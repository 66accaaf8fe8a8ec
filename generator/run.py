"""The producing loop: what is due goes out, until told to stop."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from generator import ends, history
from generator.clients import USERS, LastTrade, Simulation
from generator.producer import InDoubt, Lane, Producer
from generator.profiles import PROFILES, ProfileName
from generator.streams import shares
from generator.through import EdgeProducer
from generator.times import DAY, SECOND
from generator.traffic import Fractions, Traffic

Clock = Callable[[], int]
"""Gives milliseconds since 1970."""

_NOTHING: Mapping[str, LastTrade] = {}
_CHUNK = 1_000  # events between two looks at the clock: 5 to 10 ms of work
_TICK_SECONDS = 0.02
_UNPACED_EVENTS_PER_SECOND = 20_000


@dataclass(frozen=True, slots=True)
class Load:
    """What to send, over all streams together.

    Without a rate (0), as fast as possible: the traffic of 20,000 events/s played back from the
    past (`start`), because clients live in event time at any speed. `start` is the event time of
    the first events in milliseconds, None for a fitting one. With a rate, `history_seconds` of the
    past before it are filled first, unless the topics hold something already.
    """

    events_per_second: float
    seed: int = 1
    start: int | None = None
    events: int | None = None
    fractions: Fractions = field(default_factory=Fractions)
    profile: ProfileName = "flat"
    users: int = USERS
    history_seconds: float = 0.0
    players_tell: bool = True

    @property
    def pace(self) -> float:
        return self.events_per_second or _UNPACED_EVENTS_PER_SECOND

    def simulation(self, start: int, traded: Mapping[str, LastTrade] = _NOTHING) -> Simulation:
        """Give that of all streams together."""
        profile = PROFILES[self.profile]
        return Simulation(
            self.seed,
            self.pace,
            start,
            profile,
            self.users,
            traded=traded,
            players_tell=self.players_tell,
        )

    def traffic(
        self, streams: Sequence[str], start: int, traded: Mapping[str, LastTrade] = _NOTHING
    ) -> dict[str, Traffic]:
        """Give each stream its share of the rate."""
        simulation = self.simulation(start, traded)
        return {
            stream: Traffic(stream, simulation.slower(share), self.fractions)
            for stream, share in shares(streams).items()
        }


@dataclass(frozen=True, slots=True)
class _Run:
    """When a run is: its clock, whether it has begun, and whether it is to end."""

    clock: Clock
    live: asyncio.Event
    stop: asyncio.Event


async def generate(
    load: Load,
    lanes: Sequence[Lane],
    *,
    stop: asyncio.Event,
    clock: Clock,
    live: asyncio.Event | None = None,
    flush_seconds: float = 20.0,
    through: str | None = None,
) -> None:
    """Produce until `stop` is set or the wanted number of events is sent; returns when flushed.

    Sends to Kafka, or `through` an edge if one is named.
    Sets `live` where the past is filled and the run itself begins, `stop` at the end. Waits for a
    broker that goes away, once stopped only `flush_seconds`.
    Raises BrokerUnreachable at the beginning, and InDoubt where records were not taken.
    """
    producer = EdgeProducer(through, lanes) if through else Producer(lanes)
    try:
        async with asyncio.timeout(None) as patience:
            watching = asyncio.create_task(_limit(patience, stop, flush_seconds))
            async with producer:
                await _produce(load, lanes, producer, _Run(clock, live or asyncio.Event(), stop))
                stop.set()
    except TimeoutError:
        raise InDoubt(
            f"{producer.in_flight} records were sent to {through or lanes[0].target.broker} "
            "and not acknowledged"
        ) from None
    finally:
        watching.cancel()


async def _limit(patience: asyncio.Timeout, stop: asyncio.Event, seconds: float) -> None:
    await stop.wait()
    patience.reschedule(asyncio.get_running_loop().time() + seconds)


async def _produce(
    load: Load, lanes: Sequence[Lane], producer: Producer | EdgeProducer, run: _Run
) -> None:
    begun = run.clock()
    start = _start(load, begun)
    through_kafka = isinstance(producer, Producer)  # an edge tells nothing of what is there
    if load.history_seconds and load.events_per_second and isinstance(producer, Producer):
        await _fill_the_past(load, lanes, producer, run, start)
    traffic = load.traffic(
        [lane.stream for lane in lanes], start, await _traded(lanes if through_kafka else ())
    )
    run.live.set()
    # unpaced, event time may run until it meets the clock: beyond lies the future
    behind = begun - start if load.events_per_second else 0
    step = max(1, round(_CHUNK * SECOND / load.pace))
    reached, left = start - 1, load.events
    while not run.stop.is_set() and left != 0:
        now = run.clock() - behind
        reached, all_due = min(now, reached + step), now <= reached + step
        for lane in lanes:
            source = traffic[lane.stream]
            records = source.take(source.due(reached))[:left]
            left = None if left is None else left - len(records)
            await producer.send(lane, records, run.clock())
        if all_due:
            await producer.send_open()
            await _pause(run.stop)
        else:
            await asyncio.sleep(0)


async def _fill_the_past(
    load: Load, lanes: Sequence[Lane], producer: Producer, run: _Run, start: int
) -> None:
    """Fill it where there is none: a second run goes on with what the first has left."""
    if not await ends.are_empty([lane.target for lane in lanes]):
        return
    streams = [lane.stream for lane in lanes]
    past = history.past(load.simulation(start), load.fractions, streams, load.history_seconds)
    await history.fill(past, lanes, producer, until=start, stop=run.stop, clock=run.clock)


async def _traded(lanes: Sequence[Lane]) -> dict[str, LastTrade]:
    """Give what the exchange goes on from, as an earlier run has left it."""
    ticks = [lane.target for lane in lanes if lane.stream == ends.TICKS]
    return await ends.last_trades(ticks[0]) if ticks else {}


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
