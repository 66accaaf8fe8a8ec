"""How much simulated players watch, for whoever has to carry it."""

from collections.abc import Collection
from statistics import fmean

from generator.content_sessions.catalog import CDNS, HEARTBEAT_SECONDS, LADDER_KBPS
from generator.streams import shares


def mbps_by_cdn(events_per_second: float, streams: Collection[str]) -> dict[str, float]:
    """Give the mean traffic of each CDN, Mbit/s, at a rate of all these streams together.

    Players begin with any bitrate and change to a neighbour of it, so each is as frequent.
    """
    if "content_sessions" not in streams:
        return {}
    heartbeats = events_per_second * shares(streams)["content_sessions"]
    mbps = heartbeats * HEARTBEAT_SECONDS * fmean(LADDER_KBPS) / 1_000
    return {cdn: mbps * weight / sum(CDNS.values()) for cdn, weight in CDNS.items()}
