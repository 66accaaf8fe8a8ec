"""How much simulated players watch, for whoever has to carry it."""

from collections.abc import Collection

from generator.clients import HEARTBEAT_SECONDS
from generator.content_sessions.networks import CDNS, mean_kbps
from generator.streams import shares


def mbps_by_cdn(events_per_second: float, streams: Collection[str]) -> dict[str, float]:
    """Give the mean traffic of each CDN, Mbit/s, at a rate of all these streams together."""
    if "content_sessions" not in streams:
        return {}
    heartbeats = events_per_second * shares(streams)["content_sessions"]
    sessions = heartbeats * HEARTBEAT_SECONDS
    return {
        cdn: sessions * weight / sum(CDNS.values()) * mean_kbps(cdn) / 1_000
        for cdn, weight in CDNS.items()
    }
