"""Numbers and times in words, as filters of the templates."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from app.worker.pages.facts import Number
from app.worker.pages.windows import exact

NONE = "\N{EN DASH}"
_DECIMALS = 6
_MIB = 1 << 20


def count(value: float | None) -> str:
    return NONE if value is None else f"{value:,.0f}"


def number(value: Number | None) -> str:
    """Write a measure out, with the decimals that it has, at most six."""
    if value is None:
        return NONE
    whole, _, decimals = f"{exact(value):,.{_DECIMALS}f}".partition(".")
    decimals = decimals.rstrip("0")
    return f"{whole}.{decimals}" if decimals else whole


def seconds(value: float | None) -> str:
    if value is None:
        return NONE
    return f"{value:,.2f} s" if value < 10 else f"{value:,.0f} s"  # noqa: PLR2004


def mebibytes(value: int | None) -> str:
    return NONE if value is None else f"{value / _MIB:,.0f} MiB"


def size(value: int) -> str:
    return f"{value:,} B" if value < _MIB else f"{value / _MIB:,.1f} MiB"


def clock(start: str) -> str:
    """Give a window's time of day, or what was told where it is none."""
    try:
        return datetime.fromisoformat(start).strftime("%H:%M" if len(start) < 20 else "%H:%M:%S")  # noqa: PLR2004
    except ValueError:
        return start or NONE


def moment(milliseconds: int) -> str:
    """Give a record's time; one that no calendar has is told as it is."""
    try:
        time = datetime.fromtimestamp(milliseconds / 1_000, tz=UTC)
    except (ValueError, OverflowError, OSError):
        return f"{milliseconds} ms"
    return time.strftime("%Y-%m-%d %H:%M:%S UTC")


def place(address: str) -> str:
    """Give host and port of an address."""
    return address.partition("://")[2] or address


def spaced(name: str) -> str:
    return name.replace("_", " ")


def plural(value: int, word: str) -> str:
    return f"{value:,} {word}" if value == 1 else f"{value:,} {word}s"


def keys(value: int, has_more: bool) -> str:  # noqa: FBT001 - a filter takes places, not names
    return f"{value:,}+ keys" if has_more else plural(value, "key")


FILTERS: Mapping[str, Callable[..., Any]] = {
    "count": count,
    "number": number,
    "seconds": seconds,
    "mebibytes": mebibytes,
    "size": size,
    "clock": clock,
    "moment": moment,
    "place": place,
    "spaced": spaced,
    "plural": plural,
    "keys": keys,
}
