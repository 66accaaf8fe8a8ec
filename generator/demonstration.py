"""What a place has to know about the simulated clients that will play there."""

from config.settings import Settings
from db.capacity import raise_examples
from generator.run import Load
from generator.streams import SIMULATED
from generator.watched import mbps_by_cdn


def simulated_streams(settings: Settings) -> tuple[str, ...]:
    """Give those streams of this place that can be simulated."""
    return tuple(name for name in settings.streams or SIMULATED if name in SIMULATED)


async def raise_cdn_capacities(
    dsn: str, settings: Settings, events_per_second: float
) -> dict[str, int]:
    """Raise the example's CDN capacities to what clients at this rate watch; 0 is "max".

    The rows that come with Headrace fit a small place. Without this the alert on CDNs fires as long
    as a demonstration runs. Returns what was raised, Mbit/s: see db/capacity.py.
    """
    pace = Load(events_per_second).pace
    return await raise_examples(dsn, mbps_by_cdn(pace, simulated_streams(settings)))
