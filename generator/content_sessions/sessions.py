"""A playback session: it begins, beats every ten seconds, changes on the way, and ends."""

from random import Random
from zlib import crc32

from generator.clients import HEARTBEAT_SECONDS
from generator.content_sessions.catalog import Catalog, Delivery, Viewer
from generator.times import SECOND

PERIOD = HEARTBEAT_SECONDS * SECOND

_MEAN_LENGTH = 600 * SECOND
_LONGEST = 4 * 3_600 * SECOND


class Session:
    """One session, alive in `[begins, ends)`; its n-th beat is at `begins + n * period`.

    `key` is its id, `beats` the time of its next beat.
    """

    __slots__ = ("beats", "begins", "delivery", "ends", "hash", "key", "viewer")

    def __init__(
        self, key: bytes, viewer: Viewer, delivery: Delivery, begins: int, length: int
    ) -> None:
        self.key = key
        self.hash = crc32(key)
        self.viewer = viewer
        self.delivery = delivery
        self.begins = self.beats = begins
        self.ends = begins + length

    def change(self, random: Random, catalog: Catalog, troubled: str = "") -> None:
        self.delivery = catalog.changed(random, self.viewer, self.delivery, troubled)


def begin(
    random: Random, catalog: Catalog, time: int, *, period: int = PERIOD, troubled: str = ""
) -> Session:
    """Let a session begin at `time`, and beat at least once.

    Lengths are exponential. They have no memory, so a population that starts full of fresh sessions
    is in balance from its first minute.
    """
    beats = 1 + int(random.expovariate(period / _MEAN_LENGTH))
    length = min(beats, max(1, _LONGEST // period)) * period
    key = random.randbytes(16).hex().encode()
    viewer = catalog.viewer(random)
    return Session(key, viewer, catalog.delivery(random, viewer, troubled), time, length)
