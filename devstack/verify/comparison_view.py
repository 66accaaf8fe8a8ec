"""How the numbers of each view add up: those of before a run and those of the run. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from db.stored import Number, Numbers

Expected = tuple[Number | None, ...]
"""None is a number that cannot be known."""


@dataclass(frozen=True, slots=True)
class ComparedView:
    """How rows merge, and names of their numbers.

    The first `sums` of them are sums, and of those the first `totals` have a total over all
    windows: an amount of all currencies would say nothing.
    """

    measures: tuple[str, ...]
    totals: int
    sums: int
    merge: Callable[[Numbers, Numbers], Expected]


def _added(before: Numbers, produced: Numbers) -> Expected:
    return tuple(old + new for old, new in zip(before, produced, strict=True))


def _users(before: Numbers, produced: Numbers) -> Expected:
    # who was there before the run and came again in it counts once, and nobody knows how many did
    return before[0] + produced[0], None


def _candle(before: Numbers, produced: Numbers) -> Expected:
    """Merge as models/windows.First and Last do: by sequence, and of equal ones by price."""
    trades, volume, opened, high, low, closed, first, last = zip(before, produced, strict=True)
    return (
        sum(trades),
        sum(volume),
        min(zip(first, opened, strict=True))[1],
        max(high),
        min(low),
        max(zip(last, closed, strict=True))[1],
        min(first),
        max(last),
    )


COMPARED: Mapping[str, ComparedView] = {
    "traffic_by_cdn": ComparedView(("events", "kilobits"), 2, 2, _added),
    "quality_by_cdn_and_asn": ComparedView(
        (
            *("reported_seconds", "stalls", "rebuffer_ms", "errors"),
            *("startups", "startup_ms", "throughputs", "throughput_kbps"),
        ),
        8,
        8,
        _added,
    ),
    "media_events_by_type": ComparedView(("events",), 1, 1, _added),
    "content_plays": ComparedView(("plays", "stops"), 2, 2, _added),
    "user_event_summary": ComparedView(("events", "users"), 1, 1, _users),
    "purchases_by_country": ComparedView(("purchases", "quantity", "amount"), 2, 3, _added),
    "candles_by_product": ComparedView(
        ("trades", "volume", "open", "high", "low", "close", "first_sequence", "last_sequence"),
        1,
        2,
        _candle,
    ),
}
