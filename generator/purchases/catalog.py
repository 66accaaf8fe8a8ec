"""What is sold, drawn once per run, and what it costs in each country."""

from dataclasses import dataclass
from functools import lru_cache
from random import Random

import msgspec
from faker import Faker

from generator.countries import Country
from generator.truth import exact

_PRODUCTS = 300
_CATEGORIES = {
    "books": (("Novel", "Atlas", "Cookbook", "Notebook"), (5, 40)),
    "clothing": (("Shirt", "Coat", "Scarf", "Socks"), (8, 180)),
    "electronics": (("Headphones", "Charger", "Camera", "Speaker"), (15, 900)),
    "garden": (("Lamp", "Hose", "Bench", "Planter"), (6, 250)),
    "kitchen": (("Kettle", "Pan", "Knife", "Mug"), (4, 120)),
    "toys": (("Puzzle", "Kite", "Robot", "Blocks"), (5, 90)),
}
_AS_NUMBERS = frozenset({"US", "JP", "KR", "KW"})
"""Where tills write an amount as a JSON number; elsewhere it is a string. Both must be exact."""


@dataclass(frozen=True, slots=True)
class Product:
    name: str
    category: str
    dollars: float


@dataclass(frozen=True, slots=True)
class Offer:
    """A product in one country: its price in cents, yen or fils, and what an event repeats."""

    country: Country
    unit_price: int
    json: bytes

    def written(self, amount: int) -> bytes:
        """Write an amount as the tills of the country do."""
        return _written(amount, self.country)


class Catalog:
    def __init__(self, seed: int) -> None:
        self._products = _products(seed)
        popularity = [1 / (rank + 5) for rank in range(_PRODUCTS)]
        places = Random(seed).choices(range(_PRODUCTS), popularity, k=4_096)
        self._shelf = [self._products[place] for place in places]

    def offer(self, draw: float, country: Country) -> Offer:
        """Choose by a uniform random number from [0, 1)."""
        return _offer(self._shelf[int(draw * len(self._shelf))], country)


@lru_cache(maxsize=16_384)  # every product in every country: 9,000
def _offer(product: Product, country: Country) -> Offer:
    price = max(1, round(product.dollars * country.per_dollar * 10**country.decimals))
    fields = {
        "country": country.code,
        "product": product.name,
        "category": product.category,
        "currency": country.currency,
        "unit_price": msgspec.Raw(_written(price, country)),
    }
    return Offer(country, price, msgspec.json.encode(fields)[1:-1])


def _written(amount: int, country: Country) -> bytes:
    number = exact(amount, country.decimals)
    return (number if country.code in _AS_NUMBERS else f'"{number}"').encode()


def _products(seed: int) -> list[Product]:
    fake, random = Faker(), Random(seed)
    fake.seed_instance(seed)
    products = []
    for index in range(_PRODUCTS):
        category = list(_CATEGORIES)[index % len(_CATEGORIES)]
        things, (least, most) = _CATEGORIES[category]
        name = f"{fake.last_name()} {fake.safe_color_name().title()} {random.choice(things)}"
        products.append(Product(name, category, random.uniform(least, most)))
    return products
