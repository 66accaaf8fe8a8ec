"""Where clients are, and what they pay with."""

from typing import NamedTuple


class Country(NamedTuple):
    """`weight` is its share of all users, out of nothing more than plausibility.

    `decimals` is how many its currency has (ISO 4217), `per_dollar` about how much of it a dollar
    buys.
    """

    code: str
    weight: int
    currency: str
    decimals: int
    per_dollar: float


COUNTRIES = (
    Country("US", 240, "USD", 2, 1.0),
    Country("DE", 90, "EUR", 2, 0.9),
    Country("GB", 80, "GBP", 2, 0.8),
    Country("JP", 75, "JPY", 0, 150.0),
    Country("FR", 65, "EUR", 2, 0.9),
    Country("BR", 60, "BRL", 2, 5.5),
    Country("IN", 60, "INR", 2, 84.0),
    Country("CA", 45, "CAD", 2, 1.4),
    Country("KR", 40, "KRW", 0, 1_380.0),
    Country("IT", 40, "EUR", 2, 0.9),
    Country("ES", 35, "EUR", 2, 0.9),
    Country("MX", 35, "MXN", 2, 18.0),
    Country("AU", 30, "AUD", 2, 1.5),
    Country("NL", 25, "EUR", 2, 0.9),
    Country("PL", 20, "PLN", 2, 4.0),
    Country("SE", 15, "SEK", 2, 10.5),
    Country("CH", 15, "CHF", 2, 0.9),
    Country("TR", 15, "TRY", 2, 34.0),
    Country("VN", 12, "VND", 0, 25_000.0),
    Country("CL", 12, "CLP", 0, 950.0),
    Country("ZA", 10, "ZAR", 2, 18.0),
    Country("AE", 10, "AED", 2, 3.7),
    Country("NO", 8, "NOK", 2, 11.0),
    Country("DK", 8, "DKK", 2, 6.9),
    Country("KW", 6, "KWD", 3, 0.31),
    Country("BH", 4, "BHD", 3, 0.38),
    Country("JO", 4, "JOD", 3, 0.71),
    Country("TN", 4, "TND", 3, 3.1),
    Country("OM", 3, "OMR", 3, 0.38),
    Country("IS", 2, "ISK", 0, 138.0),
)
