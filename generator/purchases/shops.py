"""Shops: people buy what is popular, at the price and in the currency of their country."""

from zlib import crc32

from generator.clients import Simulation, while_ago
from generator.people import People, user_id
from generator.purchases.catalog import Catalog
from generator.purchases.truth import Row
from generator.records import Record
from generator.times import MINUTE, rfc3339

_QUANTITIES = (1,) * 60 + (2,) * 20 + (3,) * 8 + (4,) * 5 + (5,) * 3 + (6, 8, 10, 12)


class Shops:
    """Every purchase is of a user drawn anew; amount = quantity x unit price, exactly."""

    def __init__(self, simulation: Simulation) -> None:
        self._random = simulation.random("purchases")
        self.schedule = simulation.schedule()
        self._people = People(simulation.seed, simulation.users)
        self._catalog = Catalog(simulation.seed)

    def record(self, time: int, place: int) -> Record:
        """Sell something. The key is the purchase's id."""
        del place
        random = self._random.random
        user = self._people.somebody(random())
        offer = self._catalog.offer(random(), self._people.country(user))
        quantity = _QUANTITIES[int(random() * len(_QUANTITIES))]
        amount = quantity * offer.unit_price
        key = b"%016x" % self._random.getrandbits(64)
        value = _EVENT % (
            rfc3339(time),
            key,
            user_id(user),
            offer.json,
            quantity,
            offer.written(amount),
        )
        row = Row(time // MINUTE, offer.country, quantity, amount)
        return Record(key, value, crc32(key), row)

    def late(self, now: int) -> Record:
        return self.record(while_ago(self._random, now), 0)


_EVENT = b'{"event_time":"%b","purchase_id":"%b","user_id":"%b",%b,"quantity":%d,"amount":%b}'
