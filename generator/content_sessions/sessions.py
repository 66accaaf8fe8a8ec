"""A playback session: it begins, beats every ten seconds, changes on the way, and ends."""

from random import Random
from zlib import crc32

from generator.content_sessions.catalog import HEARTBEAT_SECONDS, Catalog, Delivery, Viewer
from generator.times import SECOND

PERIOD = HEARTBEAT_SECONDS * SECOND

_MEAN_BEATS = 60
_MOST_BEATS = 1_440


class Session:
    """One session, alive in `[begins, ends)`; its n-th beat is at `begins + n * PERIOD`.

    `key` is its id, `beats` the time of its next beat.
    """

    __slots__ = ("beats", "begins", "delivery", "ends", "hash", "key", "viewer")

    def __init__(
        self, key: bytes, viewer: Viewer, delivery: Delivery, begins: int, beats: int
    ) -> None:
        self.key = key
        self.hash = crc32(key)
        self.viewer = viewer
        self.delivery = delivery
        self.begins = self.beats = begins
        self.ends = begins + beats * PERIOD

    def change(self, random: Random, catalog: Catalog) -> None:
        self.delivery = catalog.neighbour(random, self.delivery)


def begin(random: Random, catalog: Catalog, time: int) -> Session:
    """Let a session begin at `time`.

    Lengths are exponential. They have no memory, so a population that starts full of fresh sessions
    is in balance from its first minute.
    """
    beats = min(1 + int(random.expovariate(1 / _MEAN_BEATS)), _MOST_BEATS)
    key = random.randbytes(16).hex().encode()
    return Session(key, catalog.viewer(random), catalog.delivery(random), time, beats)
