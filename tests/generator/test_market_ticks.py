"""Trades are numbered one after the other, but for small gaps, and prices walk within bounds."""

from collections import defaultdict
from decimal import Decimal
from itertools import pairwise
from typing import Any

import msgspec

from generator.clients import Simulation
from generator.market_ticks.products import PRODUCTS
from generator.traffic import Fractions, Traffic

START = 1_795_341_900_123
ALL_GOOD = Fractions(0, 0, 0, 0)
_DECODE = msgspec.json.Decoder(float_hook=Decimal).decode


def ticks(
    count: int, fractions: Fractions = ALL_GOOD, start: int = START
) -> dict[str, list[dict[str, Any]]]:
    """Give events by product, in the order of their production."""
    found = defaultdict(list)
    for record in Traffic("market_ticks", Simulation(1, 1_000, start), fractions).take(count):
        event = _DECODE(record.value or b"")
        found[event["product_id"]].append(event)
    return found


TICKS = ticks(60_000)


def test_sequences_count_up_within_a_product_with_a_small_share_of_gaps() -> None:
    steps = [
        later["sequence"] - earlier["sequence"]
        for events in TICKS.values()
        for earlier, later in pairwise(events)
    ]

    gaps = [step for step in steps if step > 1]
    assert min(steps) == 1
    assert max(steps) <= 4
    assert 0.0005 < len(gaps) / len(steps) < 0.005


def test_trade_ids_count_up_by_one() -> None:
    for events in TICKS.values():
        steps = {later["trade_id"] - earlier["trade_id"] for earlier, later in pairwise(events)}
        assert steps == {1}


def test_prices_walk_in_small_steps_within_bounds() -> None:
    for product in PRODUCTS:
        unit = Decimal(1).scaleb(-product.price_decimals)
        least, most = (bound * unit for bound in product.bounds)
        prices = [Decimal(event["price"]) for event in TICKS[product.id]]
        assert all(least <= price <= most for price in prices)
        step = max(unit, product.price * unit / 1_000)
        assert all(abs(later - earlier) <= step for earlier, later in pairwise(prices))
        assert len(set(prices)) > 5


def test_every_product_is_traded_by_its_weight_and_what_a_tick_says_fits_together() -> None:
    assert max(TICKS, key=lambda product: len(TICKS[product])) == "BTC-USD"
    assert set(TICKS) == {product.id for product in PRODUCTS}
    for events in TICKS.values():
        for event in events:
            bid, price, ask = (Decimal(event[name]) for name in ("best_bid", "price", "best_ask"))
            assert 0 < bid < price < ask
            assert Decimal(event["low_24h"]) <= price <= Decimal(event["high_24h"])
            assert Decimal(event["last_size"]) > 0


def test_prices_come_as_strings_and_as_numbers() -> None:
    types = {product: type(events[0]["price"]) for product, events in TICKS.items()}

    assert types["BTC-USD"] is str
    assert types["BTC-EUR"] is Decimal


def test_what_comes_late_is_from_before_the_run_with_the_sequences_of_that_time() -> None:
    late = ticks(10_000, Fractions(0.5, 0, 0, 0))
    for events in late.values():
        ordered = sorted(events, key=lambda event: (event["time"], event["sequence"]))
        sequences = [event["sequence"] for event in ordered]
        assert sequences == sorted(sequences)


def test_a_later_run_goes_on_above_an_earlier_one() -> None:
    later = ticks(1_000, start=START + 60_000)

    for product, events in later.items():
        assert events[0]["sequence"] > TICKS[product][-1]["sequence"]
        assert events[0]["trade_id"] > TICKS[product][-1]["trade_id"]
