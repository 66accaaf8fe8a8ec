"""What arrives at Kafka: heartbeats, and what goes wrong on the way in wanted fractions."""

from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import accumulate, count, cycle
from random import Random

from generator.catalog import Catalog
from generator.population import Offline, Population
from generator.records import Record, heartbeat
from generator.sessions import PERIOD
from generator.spoiled import KINDS
from generator.times import SECOND

_MOST = 0.9


@dataclass(frozen=True, slots=True)
class Fractions:
    """Shares of all records. Raises ValueError where they leave no room for good ones."""

    late: float = 0.01
    """Event time minutes to hours back: beats of players that were offline, all valid."""

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
        """The share that the population itself sends, in order or not; the rest comes on top."""
        return 1 - self.late - self.duplicates - self.bad


class Traffic:
    """Endless records. The same arguments give the same bytes, in whatever portions taken."""

    def __init__(
        self, *, seed: int, events_per_second: float, start: int, fractions: Fractions
    ) -> None:
        catalog, random = Catalog(seed), Random(seed)
        on_schedule = fractions.on_schedule
        places = max(1, round(events_per_second * on_schedule * PERIOD / SECOND))
        self._population = Population(random, catalog, places, start)
        self._offline = Offline(random, catalog)
        self._random = random
        self._kinds = cycle(KINDS)
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
        """Count the heartbeats whose time has come."""
        return self._population.due(time)

    def take(self, heartbeats: int) -> list[Record]:
        """Give the records of the next heartbeats: a few more or less than asked for."""
        records: list[Record] = []
        random, disturbed, held = self._random.random, self._disturbed, self._held
        for time, session in self._population.beats(heartbeats):
            while held and held[0][0] <= time:
                records.append(heappop(held)[2])
            record = heartbeat(time, session)
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
            records.append(heartbeat(*self._offline.beat(time)))
        elif draw < self._duplicate:
            records.append(record)
        else:
            records.append(next(self._kinds).of(record))
