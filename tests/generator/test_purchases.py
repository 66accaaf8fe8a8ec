"""Money is of its country, and exact."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

import msgspec
import pycountry

from generator.clients import Simulation
from generator.countries import COUNTRIES
from generator.traffic import Fractions, Traffic
from models import money

START = 1_795_341_900_123
_DECODE = msgspec.json.Decoder(float_hook=Decimal).decode

Event = dict[str, Any]


def events(count: int) -> list[Event]:
    source = Traffic("purchases", Simulation(1, 100, START), Fractions(0, 0, 0, 0))
    return [_DECODE(record.value or b"") for record in source.take(count)]


EVENTS = events(30_000)


def test_a_country_has_one_currency_and_it_is_its_own() -> None:
    currencies: dict[str, set[str]] = defaultdict(set)
    for event in EVENTS:
        currencies[event["country"]].add(event["currency"])

    assert currencies == {country.code: {country.currency} for country in COUNTRIES}


def test_there_are_currencies_with_no_two_and_three_decimals() -> None:
    decimals = {event["currency"]: money.decimals(event["currency"]) for event in EVENTS}

    assert (decimals["JPY"], decimals["USD"], decimals["KWD"]) == (0, 2, 3)


def test_an_amount_is_the_quantity_times_the_price_and_fits_its_currency() -> None:
    for event in EVENTS:
        price, amount = Decimal(event["unit_price"]), Decimal(event["amount"])
        assert amount == event["quantity"] * price > 0
        money.fits(price, event["currency"])
        money.fits(amount, event["currency"])


def test_amounts_come_as_strings_and_as_numbers() -> None:
    assert {type(event["amount"]) for event in EVENTS} == {str, int, Decimal}


def test_a_product_has_one_category_and_one_price_in_a_country() -> None:
    said = defaultdict(set)
    for event in EVENTS:
        said[event["product"], event["country"]].add((event["category"], event["unit_price"]))

    assert sum(len(prices) > 1 for prices in said.values()) < len(said) / 100  # names may meet


def test_countries_and_currencies_are_those_of_iso() -> None:
    for country in COUNTRIES:
        assert pycountry.countries.get(alpha_2=country.code)
        assert pycountry.currencies.get(alpha_3=country.currency)
        assert country.decimals == money.decimals(country.currency)
