"""What is traded."""

from typing import NamedTuple


class Product(NamedTuple):
    """A price is a whole number of ticks of `10^-price_decimals`, a size likewise.

    `weight` is its share of all trades, `price` in ticks where the walk begins, `size` the mean one
    in units; `as_numbers` says that amounts are JSON numbers instead of strings.
    """

    id: str
    weight: int
    price: int
    price_decimals: int
    size: int
    size_decimals: int
    as_numbers: bool = False

    @property
    def bounds(self) -> tuple[int, int]:
        """Between which the price walks, in ticks: half and double."""
        return max(2, self.price // 2), self.price * 2


PRODUCTS = (
    Product("BTC-USD", 30, 6_000_000, 2, 2_000_000, 8),
    Product("ETH-USD", 25, 250_000, 2, 40_000_000, 8),
    Product("SOL-USD", 12, 15_000, 2, 500_000_000, 8),
    Product("BTC-EUR", 10, 5_500_000, 2, 1_500_000, 8, as_numbers=True),
    Product("ETH-BTC", 8, 41_500, 6, 30_000_000, 8),
    Product("XRP-USD", 7, 52_000, 5, 350_000_000, 6),
    Product("DOGE-USD", 5, 12_000, 5, 9_000, 1),
    Product("USDT-JPY", 3, 15_000, 2, 250, 0, as_numbers=True),
)
