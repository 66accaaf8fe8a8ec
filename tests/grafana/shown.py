"""What a tile of a dashboard would show: its text and colour, as Grafana 9.4 to 12 make them.

After packages/grafana-data: `getDisplayProcessor` (mappings come first, then the colour of the last
threshold that is reached, the first one's for nothing at all) and the units that our tiles use.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_SCALES = ("", " K", " M", " B", " T")
_MBITS = ("Mb/s", "Gb/s", "Tb/s", "Pb/s")


@dataclass(frozen=True)
class Shown:
    """Text and colour."""

    text: str
    colour: str


def shown(panel: Mapping[str, Any], value: float | None) -> Shown:
    """Give what a tile shows of its value; None where the query has no rows, or no number."""
    defaults = panel["fieldConfig"]["defaults"]
    if value is None:
        for mapping in defaults.get("mappings", ()):
            if mapping["type"] == "special" and mapping["options"]["match"] == "null+nan":
                result = mapping["options"]["result"]
                return Shown(result["text"], result["color"])
        return Shown(defaults.get("noValue", "-"), _colour(defaults, float("-inf")))
    text = formatted(value, defaults.get("unit", "none"), defaults.get("decimals"))
    return Shown(text, _colour(defaults, value))


def formatted(value: float, unit: str, decimals: int | None) -> str:
    """Write a number as Grafana does for a reader whose language is English."""
    if unit == "none":
        return _fixed(value, decimals)
    if unit == "locale":  # toLocaleString(undefined, {maximumFractionDigits: decimals})
        whole = f"{value:,.{3 if decimals is None else decimals}f}"
        return whole.rstrip("0").rstrip(".") if "." in whole else whole
    if unit == "percent":
        return _fixed(value, decimals) + "%"
    if unit == "short" or unit.startswith("count:"):
        suffix = unit.partition(":")[2]
        return _scaled(value, 1_000, _SCALES, decimals) + (f" {suffix}" if suffix else "")
    if unit == "Mbits":
        return _scaled(value, 1_000, tuple(f" {name}" for name in _MBITS), decimals)
    if unit == "s":
        return _scaled(value, 60, (" s", " mins", " hours"), decimals)
    raise ValueError(f"this test does not know the unit {unit}")


def _scaled(value: float, factor: int, names: tuple[str, ...], decimals: int | None) -> str:
    step = 0
    while abs(value) >= factor and step < len(names) - 1:
        value /= factor
        step += 1
    return _fixed(value, decimals) + names[step]


def _fixed(value: float, decimals: int | None) -> str:
    """Write with so many decimals, or with as many as make about three digits."""
    if decimals is None:
        size = abs(value)
        decimals = 0 if size >= 100 or size == int(size) else 1 if size >= 10 else 2
    return f"{value:.{decimals}f}"


def _colour(defaults: Mapping[str, Any], value: float) -> str:
    first, *others = defaults["thresholds"]["steps"]
    reached = [step["color"] for step in others if value >= step["value"]]
    return str(reached[-1] if reached else first["color"])
