"""How numbers look: units, thresholds, columns of a table. Ids as Grafana saves them."""

from collections.abc import Mapping

from grafana_foundation_sdk.models.dashboard import (
    DashboardFieldConfigSourceOverrides,
    DashboardSpecialValueMapOptions,
    DynamicConfigValue,
    FieldColor,
    FieldColorModeId,
    MatcherConfig,
    SpecialValueMap,
    SpecialValueMatch,
    Threshold,
    ThresholdsConfig,
    ThresholdsMode,
    ValueMap,
    ValueMappingResult,
)

MBPS = "Mbits"
PERCENT = "percent"
COUNT = "short"
"""Like 2.78 K. Not with `decimals=0`, which makes that 3 K."""

EXACT = "locale"
"""Whole numbers in groups, as the reader's language has them: for what can be counted."""

PRICE = "locale"
"""The same with up to PRICE_DECIMALS decimals, as many as a price has: 0.041337 and 60,012.55."""

PRICE_DECIMALS = 8

MONEY = "none"
"""Not `locale`, which leaves out a zero at the end: an amount has two decimals, always."""

BYTES = "bytes"
"""In powers of 1024, as disks and memory have them."""

TRAFFIC_BYTES = "decbytes"
"""In powers of 1000, as networks have them."""

SECONDS = "s"
MILLISECONDS = "ms"
EVENTS_PER_MINUTE = "count:events/min"
RECORDS_PER_SECOND = "count:rec/s"
PER_SECOND = "count:/s"
NO_UNIT = "none"

Steps = tuple[str, *tuple[tuple[float, str], ...]]
"""A colour for the lowest values, then from which value on another: `("green", (90, "red"))`."""

CALM: Steps = ("blue",)
"""A number that is neither good nor bad."""

ALIVE: Steps = ("red", (0.001, "blue"))
"""Nothing at all is bad, and how much there is says nothing."""

LOAD: Steps = ("green", (80, "orange"), (90, "red"))
"""Percent of a capacity."""


def thresholds(steps: Steps) -> ThresholdsConfig:
    base, *others = steps
    found = [Threshold(None, str(base))]
    found += [Threshold(value, colour) for value, colour in others if colour]
    return ThresholdsConfig(ThresholdsMode.ABSOLUTE, found)


def nothing_is(text: str, colour: str) -> list[SpecialValueMap]:
    """Say and colour what a tile shows where there is no number: by itself it takes the first step.

    That is how an outage would look green.
    """
    result = ValueMappingResult(text=text, color=colour, index=0)
    options = DashboardSpecialValueMapOptions(SpecialValueMatch.NULL_AND_NAN, result)
    return [SpecialValueMap(options)]


def states(**colours: tuple[str, str]) -> list[ValueMap]:
    """Say of values, as `v0=("down", "red")`, what they are called and their colour."""
    options = {
        value.removeprefix("v"): ValueMappingResult(text=text, color=colour, index=nth)
        for nth, (value, (text, colour)) in enumerate(colours.items())
    }
    return [ValueMap(options)]


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


def names(column_name: str, names_: Mapping[str, str]) -> DashboardFieldConfigSourceOverrides:
    """Write out codes of a column."""
    options = {
        code: ValueMappingResult(text=text, index=nth)
        for nth, (code, text) in enumerate(names_.items())
    }
    return _override(column_name, {"mappings": [ValueMap(options)]})


def link(column_name: str, title: str, url: str) -> DashboardFieldConfigSourceOverrides:
    """Make each cell of a column lead somewhere."""
    return _override(column_name, {"links": [{"title": title, "url": url}]})


def dashed(name: str) -> DashboardFieldConfigSourceOverrides:
    """Draw a series as a dashed line beside others that are stacked."""
    return _override(
        name,
        {
            "custom.lineStyle": {"fill": "dash", "dash": [8, 8]},
            "custom.fillOpacity": 0,
            "custom.stacking": {"mode": "none", "group": "A"},
            "color": {"mode": "fixed", "fixedColor": "text"},
        },
    )


def second_axis(name: str, unit: str) -> DashboardFieldConfigSourceOverrides:
    """Draw a series as a line against an axis of its own, at the right."""
    line = {"custom.axisPlacement": "right", "custom.drawStyle": "line", "custom.fillOpacity": 0}
    return _override(name, {"unit": unit, **line})


def _override(name: str, properties: Mapping[str, object]) -> DashboardFieldConfigSourceOverrides:
    values = [DynamicConfigValue(key, value) for key, value in properties.items()]
    return DashboardFieldConfigSourceOverrides(MatcherConfig("byName", name), values)
