"""Money in integer minor units, which add up exactly.

How many decimals a currency has: ISO 4217, list one (https://www.six-group.com, "List one: current
currency & funds"). db/migrations has the same list as the function `minor_units`;
tests/integration/test_purchases.py compares the two.
"""

from decimal import Decimal

from models.refusals import VaryingError

_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"

DECIMALS = dict.fromkeys(_NONE.split(), 0) | dict.fromkeys(_THREE.split(), 3) | {"CLF": 4, "UYW": 4}
"""Those that do not have two."""


def decimals(currency: str) -> int:
    return DECIMALS.get(currency, 2)


def minor_units(amount: Decimal, currency: str) -> int:
    """Count cents, yen, fils. The amount must fit its currency (`fits`)."""
    return int(amount.scaleb(decimals(currency)))


MOST_MINOR = 10**13
"""So that a minute's sum stays within 64 bits: nine hundred thousand such amounts do."""


def fits(amount: Decimal, currency: str) -> None:
    """Raise VaryingError where an amount has more decimals than its currency, or is too large."""
    places = decimals(currency)
    if amount.scaleb(places) > MOST_MINOR:
        most = Decimal(MOST_MINOR).scaleb(-places)
        raise VaryingError(
            "an amount is more than can be added up", f"{amount} {currency}, {most} can"
        )
    if amount != round(amount, places):
        has = f"{amount} {currency}, which has {places}"
        raise VaryingError("an amount has more decimals than its currency", has)
