"""The exchange: one market for each product, and a feed that hands in some trades minutes late."""

from heapq import heappush, heapreplace
from itertools import count
from zlib import crc32

from generator.clients import Simulation
from generator.market_ticks.market import Market
from generator.market_ticks.products import PRODUCTS
from generator.records import Record
from generator.times import MINUTE

_LEAST_LATE, _MOST_LATE = 2 * MINUTE, 4 * MINUTE


class Exchange:
    """A trade of some product at each turn. The key is the product, so all its trades are in order.

    Sequences go on from where the simulation says that an earlier run has ended. A trade that comes
    late was made in its turn and kept by the feed: it has the sequence of its own time, which is
    missing until then. In its first minutes a feed has kept nothing that is old enough.
    """

    def __init__(self, simulation: Simulation) -> None:
        self._random = simulation.random("market_ticks")
        self.schedule = simulation.schedule()
        self._weighted = [product for product in PRODUCTS for _ in range(product.weight)]
        self._markets = {
            product: Market(product, simulation.traded.get(product.id)) for product in PRODUCTS
        }
        self._kept: list[tuple[int, int, Record]] = []
        self._turn = count()
        self._keys = {
            product: (key, crc32(key)) for product in PRODUCTS for key in [product.id.encode()]
        }

    def record(self, time: int, place: int) -> Record:
        del place
        random = self._random.random
        product = self._weighted[int(random() * len(self._weighted))]
        value, row = self._markets[product].trade(random, time)
        key, key_hash = self._keys[product]
        return Record(key, value, key_hash, row)

    def late(self, now: int) -> Record:
        """Give the trade that was due first among those that the feed has kept, and keep another.

        While none is due, one of just now.
        """
        delay = _LEAST_LATE + int(self._random.random() * (_MOST_LATE - _LEAST_LATE))
        record = self.record(now, 0)
        kept = (now + delay, next(self._turn), record)
        if self._kept and self._kept[0][0] <= now:
            return heapreplace(self._kept, kept)[-1]
        heappush(self._kept, kept)
        return self.record(now, 0)
