"""How numbers look: units, thresholds, columns of a table. Ids as Grafana saves them."""

from collections.abc import Mapping

from grafana_foundation_sdk.models.dashboard import (
    DashboardFieldConfigSourceOverrides,
    DynamicConfigValue,
    FieldColor,
    FieldColorModeId,
    MatcherConfig,
    Threshold,
    ThresholdsConfig,
    ThresholdsMode,
)

MBPS = "Mbits"
PERCENT = "percent"
COUNT = "short"
"""Like 2.78 K. Not with `decimals=0`, which makes that 3 K."""

EXACT = "locale"
"""All digits, in groups as the reader's language has them: for money, and what can be counted."""

BYTES = "bytes"
"""In powers of 1024, as disks and memory have them."""

TRAFFIC_BYTES = "decbytes"
"""In powers of 1000, as networks have them."""

SECONDS = "s"
MILLISECONDS = "ms"
PER_MINUTE = "cpm"
PER_SECOND = "ops"
NO_UNIT = "none"

Steps = tuple[str, *tuple[tuple[float, str], ...]]
"""A colour for the lowest values, then from which value on another: `("green", (90, "red"))`."""

CALM: Steps = ("green",)
LOAD: Steps = ("green", (80, "orange"), (90, "red"))
"""Percent of a capacity."""


def thresholds(steps: Steps) -> ThresholdsConfig:
    base, *others = steps
    found = [Threshold(None, str(base))]
    found += [Threshold(value, colour) for value, colour in others if colour]
    return ThresholdsConfig(ThresholdsMode.ABSOLUTE, found)


def by_threshold() -> FieldColor:
    return FieldColor(FieldColorModeId.THRESHOLDS)


def by_series() -> FieldColor:
    """Give each series a colour of its own; by its name would need Grafana 10."""
    return FieldColor(FieldColorModeId.PALETTE_CLASSIC)


def column(
    name: str, unit: str | None = None, *, decimals: int | None = None, steps: Steps | None = None
) -> DashboardFieldConfigSourceOverrides:
    """Say how a column of a table looks; with steps it has a background."""
    properties: dict[str, object] = {}
    if unit is not None:
        properties["unit"] = unit
    if decimals is not None:
        properties["decimals"] = decimals
    if steps is not None:
        properties["thresholds"] = thresholds(steps)
        properties["custom.cellOptions"] = {"type": "color-background", "mode": "basic"}
        # the name that Grafana 9 has for it
        properties["custom.displayMode"] = "color-background-solid"
    return _override(name, properties)


def second_axis(name: str, unit: str) -> DashboardFieldConfigSourceOverrides:
    """Draw a series as a line against an axis of its own, at the right."""
    line = {"custom.axisPlacement": "right", "custom.drawStyle": "line", "custom.fillOpacity": 0}
    return _override(name, {"unit": unit, **line})


def _override(name: str, properties: Mapping[str, object]) -> DashboardFieldConfigSourceOverrides:
    values = [DynamicConfigValue(key, value) for key, value in properties.items()]
    return DashboardFieldConfigSourceOverrides(MatcherConfig("byName", name), values)
