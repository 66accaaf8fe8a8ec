"""Networks, devices and CDNs: what bitrate a viewer gets follows from the three."""

from collections.abc import Mapping
from typing import NamedTuple

LADDER_KBPS = (400, 800, 1_400, 2_500, 4_000, 6_000, 8_000)

CDNS = {"Akamai": 50, "Fastly": 30, "CloudFront": 20}


class Likely(NamedTuple):
    """How often it is met, and the rung of the ladder that it mostly allows."""

    weight: int
    rung: int


# a phone shows no more than 2,500 kbit/s of detail, a television all that there is
PLATFORMS: Mapping[str, Likely] = {
    "android": Likely(22, 3),
    "ios": Likely(20, 3),
    "web": Likely(18, 5),
    "tizen": Likely(11, 6),
    "webos": Likely(9, 6),
    "fire_tv": Likely(7, 6),
    "roku": Likely(6, 6),
    "android_tv": Likely(4, 6),
    "apple_tv": Likely(3, 6),
}
# large access networks, weighted by nothing more than plausibility; those of phones are slower
ASNS: Mapping[int, Likely] = {
    7922: Likely(16, 6),
    7018: Likely(12, 5),
    701: Likely(9, 6),
    20001: Likely(8, 5),
    3320: Likely(8, 5),
    2856: Likely(7, 4),
    3215: Likely(6, 5),
    12322: Likely(5, 6),
    3209: Likely(5, 4),
    5089: Likely(5, 5),
    6805: Likely(3, 3),
    3352: Likely(3, 4),
    3269: Likely(3, 4),
    28573: Likely(3, 2),
    8151: Likely(2, 2),
    55836: Likely(2, 1),
    45609: Likely(2, 1),
    17676: Likely(1, 6),
    1221: Likely(1, 3),
}
_WORSE = {("CloudFront", 3320): 2, ("CloudFront", 2856): 1, ("Fastly", 28573): 1}
"""By how many rungs a CDN is worse in a network that it reaches by a long way."""

_AROUND = (-1, -1, 0, 0, 0, 0, 0, 1, 1)
"""Rungs beside the usual one: each as often as it stands here."""


def rungs(platform: str, asn: int) -> tuple[int, ...]:
    """Give the rungs that a viewer's player is on, each as often as it is met."""
    usual = min(PLATFORMS[platform].rung, ASNS[asn].rung)
    return tuple(_on_the_ladder(usual + step) for step in _AROUND)


def through(cdn: str, asn: int, rung: int) -> int:
    """Give the rung that comes through a CDN where the network and the device allow `rung`."""
    return max(0, rung - _WORSE.get((cdn, asn), 0))


def mean_kbps(cdn: str) -> float:
    """Give the mean bitrate of a session that a CDN delivers to."""
    total = weights = 0.0
    for platform, device in PLATFORMS.items():
        for asn, network in ASNS.items():
            weight = device.weight * network.weight / len(_AROUND)
            allowed = rungs(platform, asn)
            total += weight * sum(LADDER_KBPS[through(cdn, asn, rung)] for rung in allowed)
            weights += weight * len(_AROUND)
    return total / weights


def _on_the_ladder(rung: int) -> int:
    return min(max(rung, 0), len(LADDER_KBPS) - 1)
