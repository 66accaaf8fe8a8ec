"""A key that is looked up shows its numbers, added up over partitions."""

from decimal import Decimal

from app.looked_up import numbers_by_window
from models.market_ticks import MARKET_TICKS
from models.windows import Sum, Window

[CANDLES] = MARKET_TICKS.windows
TRAFFIC = Window("traffic", keys=("cdn",), measures=(Sum("events"), Sum("cost", kind="numeric")))
CANDLE = {
    "trades": 2,
    "volume": "0.1",
    "open": "5",
    "high": 9,
    "low": 4,
    "close": 6,
    "first_sequence": 1,
    "last_sequence": 3,
}


def test_partitions_add_up_by_window_and_the_newest_comes_first() -> None:
    found = numbers_by_window(
        TRAFFIC,
        {
            "2026-11-22T10:04Z.p1": {"events": 1, "cost": Decimal("0.1")},
            "2026-11-22T10:05Z.p0": {"events": 2, "cost": Decimal("0.1")},
            "2026-11-22T10:05Z.p12": {"events": 3, "cost": "0.2"},  # from another worker
        },
    )

    assert list(found.items()) == [
        ("2026-11-22T10:05Z", {"events": 5, "cost": Decimal("0.3")}),
        ("2026-11-22T10:04Z", {"events": 1, "cost": Decimal("0.1")}),
    ]


def test_what_came_first_in_several_partitions_is_not_guessed() -> None:
    other = {**CANDLE, "open": "7", "close": "6", "high": 11, "last_sequence": 8}

    [found] = numbers_by_window(
        CANDLES, {"2026-11-22T10:05Z.p0": CANDLE, "2026-11-22T10:05Z.p1": other}
    ).values()

    assert (found["open"], found["close"]) == (None, 6)
    assert (found["high"], found["first_sequence"], found["last_sequence"]) == (11, 1, 8)
