"""How busy the clients are at a time of day: a factor of the wanted rate. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from generator.times import DAY, HOUR, MINUTE

ProfileName = Literal["flat", "daily", "spike"]

# fmt: off
_BY_HOUR = (
    0.75, 0.50, 0.35, 0.25, 0.20, 0.25, 0.40, 0.60, 0.75, 0.85, 0.90, 0.95,
    1.05, 1.05, 1.00, 1.05, 1.15, 1.30, 1.55, 1.85, 2.05, 2.00, 1.75, 1.45,
)
# fmt: on
"""At each full hour, UTC: quiet before dawn, busiest in the evening; the mean is 1."""

_SPIKE_EVERY = 10 * MINUTE
_SPIKE_LENGTH = MINUTE
_SPIKE = 5.0


@dataclass(frozen=True, slots=True)
class Profile:
    """`factor(time)` is what the wanted rate is multiplied with, `most` its maximum."""

    factor: Callable[[int], float]
    most: float


def _flat(_: int) -> float:
    return 1.0


def _daily(time: int) -> float:
    hour, rest = divmod(time % DAY, HOUR)
    here, there = _BY_HOUR[hour], _BY_HOUR[(hour + 1) % len(_BY_HOUR)]
    return here + (there - here) * rest / HOUR


def _spike(time: int) -> float:
    return _SPIKE if time % _SPIKE_EVERY < _SPIKE_LENGTH else 1.0


PROFILES: Mapping[ProfileName, Profile] = {
    "flat": Profile(_flat, 1.0),
    "daily": Profile(_daily, max(_BY_HOUR)),
    "spike": Profile(_spike, _SPIKE),
}
"""flat: always the wanted rate. daily: the wanted rate is the day's mean. spike: the wanted rate,
and five times as much in the first minute of every ten."""
