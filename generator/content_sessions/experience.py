"""What viewers have beside the picture: how full the buffer is, stalls, errors, a slow start.

Drawn once per run as finished JSON, as catalog.py does it; a heartbeat picks one. What is drawn
follows from the bitrate that a viewer gets: who has little of the network has a short buffer and
stalls more often, and a CDN in trouble makes all of it worse.
"""

from random import Random
from typing import NamedTuple

from generator.clients import HEARTBEAT_SECONDS
from generator.content_sessions.networks import LADDER_KBPS

_MOMENTS = 64
_STARTUPS = 48
_ERROR = 0.005
_ERROR_OF_STALL = 0.2
_TROUBLE = 8  # times as many stalls
_STALLS = (0.08, 0.05, 0.04, 0.03, 0.02, 0.015, 0.01)
"""The part of heartbeats with a stall, at each rung of the ladder. A pool of moments is small, so
that it is not exactly this part of them."""

PLAYERS = {
    "android": "media3",
    "android_tv": "media3",
    "fire_tv": "media3",
    "ios": "AVPlayer",
    "apple_tv": "AVPlayer",
    "tizen": "Shaka",
    "webos": "Shaka",
    "web": "hls.js",
}
"""By platform; one that is not here has an old player, which says nothing of all this."""


class Moment(NamedTuple):
    """What one heartbeat says, and what it adds up to. `startup_ms` is None but in the first."""

    json: bytes
    rebuffer_ms: int
    errors: int
    throughput_kbps: int
    startup_ms: int | None = None


class Experience:
    """The pools of one run: by rung, and by whether the CDN is in trouble."""

    def __init__(self, seed: int, heartbeat_seconds: int = HEARTBEAT_SECONDS) -> None:
        random = Random(f"{seed} experience")
        # a heartbeat of the past stands for more viewing, and so for more of what went wrong
        times = heartbeat_seconds / HEARTBEAT_SECONDS
        self._moments = {
            (rung, trouble): [
                _moment(random, rung, times, trouble=trouble) for _ in range(_MOMENTS)
            ]
            for rung in range(len(LADDER_KBPS))
            for trouble in (False, True)
        }
        self._begins = {
            key: [_begin(random, random.choice(moments), key[0]) for _ in range(_STARTUPS)]
            for key, moments in self._moments.items()
        }

    def moment(self, random: Random, rung: int, *, trouble: bool, begins: bool) -> Moment:
        pool = (self._begins if begins else self._moments)[rung, trouble]
        # as choice does, at a third of its price
        return pool[int(random.random() * len(pool))]


def _moment(random: Random, rung: int, times: float, *, trouble: bool) -> Moment:
    stalls = random.random() < _STALLS[rung] * (_TROUBLE if trouble else 1)
    rebuffer_ms = round(times * random.lognormvariate(7, 0.8)) if stalls else 0
    buffer_ms = 100 * round(random.uniform(0, 20) if stalls else random.uniform(60, 300))
    errors = int(random.random() < (_ERROR_OF_STALL if stalls else _ERROR))
    # a player takes the rung that its estimate allows, with some room
    throughput_kbps = 100 * round(LADDER_KBPS[rung] * random.uniform(1.2, 3.5) / 100)
    written = b'"buffer_ms":%d,"rebuffer_ms":%d,"throughput_kbps":%d' % (
        buffer_ms,
        rebuffer_ms,
        throughput_kbps,
    )
    if errors:
        written += b',"errors":%d' % errors
    return Moment(written, rebuffer_ms, errors, throughput_kbps)


def _begin(random: Random, moment: Moment, rung: int) -> Moment:
    startup_ms = 50 + round(random.lognormvariate(7.2 - rung / 5, 0.6))
    return moment._replace(
        json=moment.json + b',"startup_ms":%d' % startup_ms, startup_ms=startup_ms
    )
