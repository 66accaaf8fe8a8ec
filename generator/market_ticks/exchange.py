"""The exchange: one market for each product, and what a feed had missed before the run."""

from zlib import crc32

from generator.clients import Simulation
from generator.market_ticks.market import Market
from generator.market_ticks.products import PRODUCTS, Product
from generator.records import Record
from generator.times import DAY, SECOND

_SEQUENCES_PER_MILLISECOND = 1_000
"""Sequences begin where the time of the run's begin says: a later run goes on above this one."""

_TRADE_IDS_PER_MILLISECOND = 100
_KEPT = DAY // 2
_MOST_KEPT = 10
_BETWEEN_KEPT = 2 * SECOND


class Exchange:
    """A trade of some product at each turn. The key is the product, so all its trades are in order.

    What comes late is from before the run: a feed had been cut off for half a day and hands in, bit
    by bit, what it had kept, with the sequences of that time; then of the half day before it.
    """

    def __init__(self, simulation: Simulation) -> None:
        self._random = simulation.random("market_ticks")
        self.schedule = simulation.schedule()
        self._weighted = [product for product in PRODUCTS for _ in range(product.weight)]
        self._markets = _markets(simulation.start)
        self._begun = simulation.start
        self._kept_until = self._kept_at = simulation.start
        self._kept: dict[Product, Market] = {}
        self._keys = {
            product: (key, crc32(key)) for product in PRODUCTS for key in [product.id.encode()]
        }

    def record(self, time: int, place: int) -> Record:
        del place
        return self._trade(self._markets, time)

    def late(self, now: int) -> Record:
        del now
        self._kept_at += 1 + int(self._random.random() * _BETWEEN_KEPT)
        if self._kept_at >= self._kept_until:
            self._keep_earlier()
        return self._trade(self._kept, self._kept_at)

    def _keep_earlier(self) -> None:
        """Go half a day back, and after five days to the last one again."""
        earliest = self._begun - _MOST_KEPT * _KEPT
        if self._kept:
            self._kept_until -= _KEPT
        if self._kept_until <= earliest:
            self._kept_until = self._begun
        self._kept_at = self._kept_until - _KEPT
        self._kept = _markets(self._kept_at)

    def _trade(self, markets: dict[Product, Market], time: int) -> Record:
        random = self._random.random
        product = self._weighted[int(random() * len(self._weighted))]
        value, row = markets[product].trade(random, time)
        key, key_hash = self._keys[product]
        return Record(key, value, key_hash, row)


def _markets(begun: int) -> dict[Product, Market]:
    sequence = begun * _SEQUENCES_PER_MILLISECOND
    trade_id = begun * _TRADE_IDS_PER_MILLISECOND
    return {product: Market(product, sequence, trade_id) for product in PRODUCTS}
