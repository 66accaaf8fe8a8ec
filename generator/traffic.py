"""What arrives at Kafka: good events, and what goes wrong on the way in wanted fractions."""

from dataclasses import dataclass, replace
from heapq import heappop, heappush
from itertools import accumulate, count, cycle

from generator.clients import Simulation
from generator.records import Record
from generator.streams import SIMULATED
from generator.times import SECOND

_MOST = 0.9


@dataclass(frozen=True, slots=True)
class Fractions:
    """Shares of all records. Raises ValueError where they leave no room for good ones."""

    late: float = 0.01
    """Event time minutes to hours back: events of clients that were offline, all valid."""

    out_of_order: float = 0.01
    """Delivered some seconds after their turn, all valid."""

    duplicates: float = 0.005
    """The same bytes once more: one more valid row."""

    bad: float = 0.001

    def __post_init__(self) -> None:
        shares = (self.late, self.out_of_order, self.duplicates, self.bad)
        if min(shares) < 0 or sum(shares) > _MOST:
            raise ValueError(f"fractions must not be negative, nor add up to more than {_MOST}")

    @property
    def on_schedule(self) -> float:
        """The share that the clients send when it happens, in order or not; the rest is extra."""
        return 1 - self.late - self.duplicates - self.bad


class Traffic:
    """Endless records of one stream.

    The same arguments give the same bytes, in whatever portions taken. The rate of the simulation
    is that of all records, the extra ones included.
    """

    def __init__(self, stream: str, simulation: Simulation, fractions: Fractions) -> None:
        simulated = SIMULATED[stream]
        fractions = replace(fractions, late=fractions.late * simulated.lateness)
        on_schedule = fractions.on_schedule
        self.start = simulation.start
        self._stream, self._story = stream, simulation.story
        self._clients = simulated.clients(simulation.slower(on_schedule))
        self._schedule = self._clients.schedule
        self._random = simulation.random(f"what goes wrong with {stream}")
        self._kinds = cycle(simulated.kinds)
        self._held: list[tuple[int, int, Record]] = []
        self._turn = count()
        self._late, self._duplicate, self._bad, self._disturbed = accumulate(
            share / on_schedule
            for share in (
                fractions.late,
                fractions.duplicates,
                fractions.bad,
                fractions.out_of_order,
            )
        )

    def due(self, time: int) -> int:
        """Count the turns whose time has come."""
        return self._schedule.due(time)

    def take(self, turns: int) -> list[Record]:
        """Give the records of the next turns: a few more or less than asked for."""
        records: list[Record] = []
        random, disturbed, held = self._random.random, self._disturbed, self._held
        make, stream, story = self._clients.record, self._stream, self._story
        for time, place in self._schedule.take(turns):
            while held and held[0][0] <= time:
                records.append(heappop(held)[2])
            record = make(time, place)
            if story is not None and story.is_cut_off(stream, time):
                continue  # it happened, and nobody heard of it
            draw = random()
            if draw >= disturbed:
                records.append(record)
            else:
                self._disturb(draw, time, record, records)
        return records

    def _disturb(self, draw: float, time: int, record: Record, records: list[Record]) -> None:
        if draw >= self._bad:
            delay = self._random.randrange(SECOND, 5 * SECOND)
            heappush(self._held, (time + delay, next(self._turn), record))
            return
        records.append(record)
        if draw < self._late:
            records.append(self._clients.late(time))
        elif draw < self._duplicate:
            records.append(record)
        else:
            records.append(next(self._kinds).of(record))
