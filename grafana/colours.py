"""Names that are met on several panels have one colour, wherever they stand and whatever is beside.

Without it Grafana colours by place: a CDN would be blue, and yellow once another is chosen away.
Red, orange and green are left to thresholds.
"""

from collections.abc import Iterable, Mapping

from grafana_foundation_sdk.models.dashboard import (
    DashboardFieldConfigSourceOverrides,
    DynamicConfigValue,
    MatcherConfig,
)

Colours = Mapping[str, str]

_WHEEL = ("blue", "purple", "yellow", "#37B6B6", "#F2A7C3", "light-blue", "#B58863", "dark-purple")


def _in_turn(*names: str) -> dict[str, str]:
    return dict(zip(names, _WHEEL, strict=False))


CDNS = _in_turn("Akamai", "CloudFront", "Fastly")
STREAMS = _in_turn("content_sessions", "market_ticks", "media_events", "purchases", "user_activity")
MEDIA_EVENTS = _in_turn("play", "pause", "stop") | _in_turn("Plays", "Balance", "Stops")
CONTENT_TYPES = _in_turn("ad", "episode", "movie")
USER_EVENTS = _in_turn("click", "scroll", "view")
PRODUCTS = _in_turn(
    "BTC-EUR", "BTC-USD", "DOGE-USD", "ETH-BTC", "ETH-USD", "SOL-USD", "USDT-JPY", "XRP-USD"
)


def fixed(colours: Colours) -> Iterable[DashboardFieldConfigSourceOverrides]:
    """Give each name its colour."""
    for name, colour in colours.items():
        fixed_colour = {"mode": "fixed", "fixedColor": colour}
        yield DashboardFieldConfigSourceOverrides(
            MatcherConfig("byName", name), [DynamicConfigValue("color", fixed_colour)]
        )
