"""The simulated streams, by name: their clients, what goes wrong with them, and their truth."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from generator import content_sessions, market_ticks, media_events, purchases, user_activity
from generator.clients import Clients, Simulation
from generator.spoiling import Kind
from generator.truth import Truth, Windows


@dataclass(frozen=True, slots=True)
class Simulated:
    """One stream. Of several streams each gets a share of the rate by its `weight`.

    `lateness` is what part of the wanted share of late events it has: an exchange's feed is seldom
    late, and a trade that is late is missing until it comes.
    """

    weight: int
    clients: Callable[[Simulation], Clients]
    kinds: Sequence[Kind]
    windows: Callable[[], Windows]
    lateness: float = 1.0

    def truth(self) -> Truth:
        return Truth(self.windows())


SIMULATED: Mapping[str, Simulated] = {
    "content_sessions": Simulated(
        40, content_sessions.Players, content_sessions.KINDS, content_sessions.TrafficWindows
    ),
    "media_events": Simulated(
        20, media_events.Viewers, media_events.KINDS, media_events.MediaWindows
    ),
    "user_activity": Simulated(
        25, user_activity.Visitors, user_activity.KINDS, user_activity.ActivityWindows
    ),
    "purchases": Simulated(5, purchases.Shops, purchases.KINDS, purchases.PurchaseWindows),
    "market_ticks": Simulated(
        10,
        market_ticks.Exchange,
        market_ticks.KINDS,
        market_ticks.CandleWindows,
        lateness=0.3,
    ),
}


def shares(streams: Collection[str]) -> dict[str, float]:
    """Say which share of all events each of these streams gets."""
    total = sum(SIMULATED[stream].weight for stream in streams)
    return {stream: SIMULATED[stream].weight / total for stream in streams}


def picked(names: str) -> tuple[str, ...]:
    """Read names with commas between. Raises ValueError for one that is none."""
    found = tuple(dict.fromkeys(name.strip() for name in names.split(",")))
    for name in found:
        if name not in SIMULATED:
            raise ValueError(f"no stream {name!r}: there are {', '.join(SIMULATED)}")
    return found
