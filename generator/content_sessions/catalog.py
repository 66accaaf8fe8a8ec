"""What sessions are made of, drawn once per run: viewers, and ways of delivery.

Everything an event repeats is kept here as finished JSON, so that an event costs one formatting.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import TypeVar

import msgspec
from faker import Faker

Choice = TypeVar("Choice")

HEARTBEAT_SECONDS = 10
LADDER_KBPS = (400, 800, 1_400, 2_500, 4_000, 6_000, 8_000)

_VIEWERS = 4_096
_CHANNELS = 40
_TO_ANY_CDN = 0.1  # of all changes
CDNS = {"Akamai": 50, "Fastly": 30, "CloudFront": 20}
_PLATFORMS = {
    "android": 22,
    "ios": 20,
    "web": 18,
    "tizen": 11,
    "webos": 9,
    "fire_tv": 7,
    "roku": 6,
    "android_tv": 4,
    "apple_tv": 3,
}
# large access networks, weighted by nothing more than plausibility
_ASNS = {
    7922: 16,
    7018: 12,
    701: 9,
    20001: 8,
    3320: 8,
    2856: 7,
    3215: 6,
    12322: 5,
    3209: 5,
    5089: 4,
    6805: 3,
    3352: 3,
    3269: 3,
    28573: 3,
    8151: 2,
    55836: 2,
    45609: 2,
    17676: 1,
    1221: 1,
}


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who watches: what stays the same during a session."""

    asn: int
    json: bytes


@dataclass(frozen=True, slots=True)
class Delivery:
    """How the video comes: what may change during a session. `rung` is an index of the ladder."""

    cdn: str
    rung: int
    kilobits: int
    json: bytes


class Catalog:
    """The pools of one run."""

    def __init__(self, seed: int) -> None:
        random = Random(seed)
        self._viewers = _viewers(random, _channels(seed))
        # each as often as its weight: one cheap choice for a session
        self._cdns = [cdn for cdn, weight in CDNS.items() for _ in range(weight)]
        self._grid = {cdn: [_delivery(cdn, rung) for rung in _rungs()] for cdn in CDNS}
        self._deliveries = [delivery for cdn in self._cdns for delivery in self._grid[cdn]]

    def viewer(self, random: Random) -> Viewer:
        return random.choice(self._viewers)

    def delivery(self, random: Random) -> Delivery:
        return random.choice(self._deliveries)

    def neighbour(self, random: Random, delivery: Delivery) -> Delivery:
        """Change to a bitrate next to this one, or now and then to any CDN."""
        if random.random() < _TO_ANY_CDN:
            return self._grid[random.choice(self._cdns)][delivery.rung]
        rung = delivery.rung + random.choice((-1, 1))
        return self._grid[delivery.cdn][min(max(rung, 0), len(LADDER_KBPS) - 1)]


def _channels(seed: int) -> list[str]:
    fake = Faker()
    fake.seed_instance(seed)
    kinds = ("TV", "Sports", "News", "Movies", "Kids")
    return [f"{fake.city()} {kinds[index % len(kinds)]}" for index in range(_CHANNELS)]


def _viewers(random: Random, channels: list[str]) -> list[Viewer]:
    # weighted here, so that a session draws its viewer with one uniform choice
    popularity = {channel: 1 / (rank + 1) for rank, channel in enumerate(channels)}
    viewers = []
    for _ in range(_VIEWERS):
        asn = _weighted(random, _ASNS)
        fields = {
            "platform": _weighted(random, _PLATFORMS),
            "channel": _weighted(random, popularity),
            "asn": asn,
        }
        viewers.append(Viewer(asn, _members(fields)))
    return viewers


def _delivery(cdn: str, rung: int) -> Delivery:
    kbps = LADDER_KBPS[rung]
    fields = {"current_cdn": cdn, "video_profile_kbps": kbps}
    return Delivery(cdn, rung, kbps * HEARTBEAT_SECONDS, _members(fields))


def _rungs() -> range:
    return range(len(LADDER_KBPS))


def _members(fields: Mapping[str, object]) -> bytes:
    return msgspec.json.encode(fields)[1:-1]


def _weighted(random: Random, weights: Mapping[Choice, float]) -> Choice:
    return random.choices(list(weights), list(weights.values()))[0]
