"""What the simulated clients of a stream have in common."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import NamedTuple, Protocol

from generator.profiles import PROFILES, Profile
from generator.records import Record
from generator.schedule import Schedule
from generator.story import Story
from generator.times import DAY, MINUTE, SECOND

USERS = 10_000
MOST_USERS = 1_000_000

HEARTBEAT_SECONDS = 10

_PERIOD = 1_000 * SECOND


class LastTrade(NamedTuple):
    """What a product's latest trade was; the price in its smallest unit."""

    sequence: int
    trade_id: int
    price: int


@dataclass(frozen=True, slots=True)
class Simulation:
    """What the clients of a stream are made from: the same gives the same events.

    `start` is the time of the first event, in milliseconds since 1970; `users` how many people
    there are; `heartbeat_seconds` how much viewing one heartbeat of a player stands for; `story`
    what happens meanwhile; `traded` what the exchange goes on from, by product; `players_tell`
    whether players say how viewing goes (content_sessions 1.1) or are all old ones.
    """

    seed: int
    events_per_second: float
    start: int
    profile: Profile = field(default_factory=lambda: PROFILES["flat"])
    users: int = USERS
    heartbeat_seconds: int = HEARTBEAT_SECONDS
    story: Story | None = None
    traded: Mapping[str, LastTrade] = field(default_factory=dict)
    players_tell: bool = True

    def slower(self, share: float) -> "Simulation":
        return replace(self, events_per_second=self.events_per_second * share)

    def random(self, stream: str) -> Random:
        return Random(f"{self.seed} {stream}")

    def schedule(self, period: int = _PERIOD) -> Schedule:
        return Schedule(
            events_per_second=self.events_per_second,
            start=self.start,
            profile=self.profile,
            period=period,
        )


class Clients(Protocol):
    """The clients of one stream, made from a Simulation."""

    @property
    def schedule(self) -> Schedule: ...

    def record(self, time: int, place: int) -> Record:
        """Give the event of this turn of the schedule."""

    def late(self, now: int) -> Record:
        """Give an event that was kept minutes to hours, for want of a network, and comes now."""


def while_ago(random: Random, now: int) -> int:
    """Give a time from two minutes to half a day before `now`."""
    return now - random.randrange(2 * MINUTE, DAY // 2)
