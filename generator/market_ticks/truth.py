"""The candles that ticks must make."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from generator.market_ticks.products import Product
from generator.truth import Value, View, exact, window_key


class Row(NamedTuple):
    """What an accepted tick adds up to: price and size in the product's smallest units."""

    minute: int
    product: Product
    sequence: int
    price: int
    size: int


@dataclass(slots=True)
class Candle:
    """One minute of one product: first and last by sequence and, where two have the same, price."""

    trades: int
    first: tuple[int, int]
    high: int
    low: int
    last: tuple[int, int]
    volume: int

    @classmethod
    def of(cls, row: Row) -> "Candle":
        at = (row.sequence, row.price)
        return cls(0, at, row.price, row.price, at, 0)

    def add(self, row: Row, times: int) -> None:
        at = (row.sequence, row.price)
        self.trades += times
        self.volume += row.size * times
        self.first, self.last = min(self.first, at), max(self.last, at)
        self.high, self.low = max(self.high, row.price), min(self.low, row.price)


@dataclass(slots=True)
class CandleWindows:
    """`candles_by_product`, by minute and product.

    [trades, volume, open, high, low, close, first_sequence, last_sequence]
    """

    by_product: dict[tuple[int, Product], Candle] = field(default_factory=dict)

    def add(self, row: Row, times: int) -> None:
        key = (row.minute, row.product)
        candle = self.by_product.get(key)
        if candle is None:
            candle = self.by_product[key] = Candle.of(row)
        candle.add(row, times)

    def views(self) -> Mapping[str, View]:
        return {
            "candles_by_product": {
                window_key(minute, product.id): _numbers(product, candle)
                for (minute, product), candle in self.by_product.items()
            }
        }


def _numbers(product: Product, candle: Candle) -> list[Value]:
    (first, opened), (last, closed) = candle.first, candle.last
    prices = (opened, candle.high, candle.low, closed)
    return [
        candle.trades,
        exact(candle.volume, product.size_decimals),
        *(exact(price, product.price_decimals) for price in prices),
        first,
        last,
    ]
