"""Trades are numbered one after the other, but for small gaps, and prices walk within bounds."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from generator.clients import LastTrade, Simulation
from generator.market_ticks.products import PRODUCTS
from generator.times import HOUR
from generator.traffic import Fractions, Traffic

START = 1_795_341_900_123
ALL_GOOD = Fractions(0, 0, 0, 0)
NOTHING: Mapping[str, LastTrade] = {}
_DECODE = msgspec.json.Decoder(float_hook=Decimal).decode


def ticks(
    count: int,
    fractions: Fractions = ALL_GOOD,
    start: int = START,
    rate: float = 1_000,
    traded: Mapping[str, LastTrade] = NOTHING,
) -> dict[str, list[dict[str, Any]]]:
    """Give events by product, in the order of their production."""
    found = defaultdict(list)
    simulation = Simulation(1, rate, start, traded=traded)
    for record in Traffic("market_ticks", simulation, fractions).take(count):
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


def test_what_comes_late_has_the_sequence_of_its_own_time_and_fills_its_gap() -> None:
    late = ticks(40_000, Fractions(0.5, 0, 0, 0), rate=100)

    for events in late.values():
        sequences = [event["sequence"] for event in events]
        assert any(later < earlier for earlier, later in pairwise(sequences))
        ordered = sorted(events, key=lambda event: event["sequence"])
        times = [event["time"] for event in ordered]
        assert times == sorted(times), "the later trade has the higher sequence"
        assert len(set(sequences)) == len(sequences), "each comes once"
        # those that the feed still keeps at the end are all that is missing, but for small gaps
        over = [event["sequence"] for event in ordered if event["time"] < "2026-11-22T10:08"]
        missing = over[-1] - over[0] + 1 - len(over)
        assert missing < 0.01 * len(over) + 10


def test_a_later_run_goes_on_where_an_earlier_one_has_ended() -> None:
    traded = {
        product.id: LastTrade(events[-1]["sequence"], events[-1]["trade_id"], price)
        for product in PRODUCTS
        for events in [TICKS[product.id]]
        for price in [int(Decimal(events[-1]["price"]).scaleb(product.price_decimals))]
    }

    later = ticks(1_000, start=START + HOUR, traded=traded)

    for product, events in later.items():
        last, first = TICKS[product][-1], events[0]
        assert 1 <= first["sequence"] - last["sequence"] <= 4
        assert first["trade_id"] == last["trade_id"] + 1
        assert float(first["price"]) == pytest.approx(float(last["price"]), rel=0.001)
