"""What sessions are made of, drawn once per run: viewers, and ways of delivery.

Everything an event repeats is kept here as finished JSON, so that an event costs one formatting.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import TypeVar

import msgspec
from faker import Faker

from generator.clients import HEARTBEAT_SECONDS
from generator.content_sessions.experience import PLAYERS
from generator.content_sessions.networks import ASNS, CDNS, LADDER_KBPS, PLATFORMS, rungs, through

Choice = TypeVar("Choice")

_VIEWERS = 4_096
_CHANNELS = 40
_TO_ANY_CDN = 0.1  # of all changes
_TROUBLE_COSTS = 3  # rungs of the ladder
_LEAVE_TROUBLE = 0.5  # of those who would have begun there


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who watches: what stays the same during a session.

    `rungs` are indices of the ladder, each as often as the network and the device allow it.
    `tells` is whether the player says more than what an old one does (experience.py).
    """

    asn: int
    rungs: tuple[int, ...]
    json: bytes
    tells: bool


@dataclass(frozen=True, slots=True)
class Delivery:
    """How the video comes: what may change during a session. `rung` is an index of the ladder."""

    cdn: str
    rung: int
    kilobits: int
    json: bytes


class Catalog:
    """The pools of one run. Kilobits are those of one heartbeat."""

    def __init__(
        self,
        seed: int,
        heartbeat_seconds: int = HEARTBEAT_SECONDS,
        *,
        players: Mapping[str, str] = PLAYERS,
    ) -> None:
        random = Random(seed)
        self._viewers = _viewers(random, _channels(seed), players)
        # each as often as its weight: one cheap choice for a session
        self._cdns = [cdn for cdn, weight in CDNS.items() for _ in range(weight)]
        self._others = {cdn: [one for one in self._cdns if one != cdn] for cdn in CDNS}
        self._grid = {
            cdn: [_delivery(cdn, rung, heartbeat_seconds) for rung in range(len(LADDER_KBPS))]
            for cdn in CDNS
        }

    def viewer(self, random: Random) -> Viewer:
        return random.choice(self._viewers)

    def delivery(self, random: Random, viewer: Viewer, troubled: str = "") -> Delivery:
        """Choose a CDN by its weight; few go to the one in trouble, and those get little of it."""
        cdn = random.choice(self._cdns)
        if cdn == troubled and random.random() < _LEAVE_TROUBLE:
            cdn = random.choice(self._others[troubled])
        return self._through(random, viewer, cdn, troubled)

    def changed(
        self, random: Random, viewer: Viewer, delivery: Delivery, troubled: str = ""
    ) -> Delivery:
        """Change to another bitrate of the viewer's, or now and then to any CDN."""
        if random.random() < _TO_ANY_CDN:
            return self.delivery(random, viewer, troubled)
        return self._through(random, viewer, delivery.cdn, troubled)

    def _through(self, random: Random, viewer: Viewer, cdn: str, troubled: str) -> Delivery:
        rung = through(cdn, viewer.asn, random.choice(viewer.rungs))
        return self._grid[cdn][max(0, rung - _TROUBLE_COSTS) if cdn == troubled else rung]


def _channels(seed: int) -> list[str]:
    fake = Faker()
    fake.seed_instance(seed)
    kinds = ("TV", "Sports", "News", "Movies", "Kids")
    return [f"{fake.city()} {kinds[index % len(kinds)]}" for index in range(_CHANNELS)]


def _viewers(random: Random, channels: list[str], players: Mapping[str, str]) -> list[Viewer]:
    # weighted here, so that a session draws its viewer with one uniform choice
    popularity = {channel: 1 / (rank + 1) for rank, channel in enumerate(channels)}
    networks = {asn: likely.weight for asn, likely in ASNS.items()}
    devices = {platform: likely.weight for platform, likely in PLATFORMS.items()}
    viewers = []
    for _ in range(_VIEWERS):
        asn, platform = _weighted(random, networks), _weighted(random, devices)
        fields = {"platform": platform, "channel": _weighted(random, popularity), "asn": asn}
        player = players.get(platform)
        if player:
            fields["player"] = player
        viewers.append(Viewer(asn, rungs(platform, asn), _members(fields), player is not None))
    return viewers


def _delivery(cdn: str, rung: int, heartbeat_seconds: int) -> Delivery:
    kbps = LADDER_KBPS[rung]
    fields: dict[str, object] = {"current_cdn": cdn, "video_profile_kbps": kbps}
    if heartbeat_seconds != HEARTBEAT_SECONDS:  # what the contract takes it for by itself
        fields["heartbeat_seconds"] = heartbeat_seconds
    return Delivery(cdn, rung, kbps * heartbeat_seconds, _members(fields))


def _members(fields: Mapping[str, object]) -> bytes:
    return msgspec.json.encode(fields)[1:-1]


def _weighted(random: Random, weights: Mapping[Choice, float]) -> Choice:
    return random.choices(list(weights), list(weights.values()))[0]
