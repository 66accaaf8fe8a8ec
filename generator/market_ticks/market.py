"""The market of one product: trades one after the other."""

from collections.abc import Callable

from generator.clients import LastTrade
from generator.market_ticks.products import Product
from generator.market_ticks.truth import Row
from generator.times import MINUTE, rfc3339

_STEP = 0.0004  # of the first price: the farthest that one trade moves the price
_GAP = 0.001  # of all trades: before them up to three sequence numbers are missing
_LONGEST_GAP = 3
_STATISTICS_EVERY = 64  # trades: so often the statistics of the day are written anew

_SEQUENCE, _TRADE_ID = 80_000_000_000, 900_000_000  # of an exchange that is some years old

Uniform = Callable[[], float]


class Market:
    """Trades whose price walks within the product's bounds; its sequence and trade ids count up."""

    def __init__(self, product: Product, last: LastTrade | None = None) -> None:
        """Go on from the last trade; without one, begin."""
        self._product = product
        self._sequence, self._trade_id, price = last or (_SEQUENCE, _TRADE_ID, product.price)
        self._least, self._most = product.bounds
        self._price = self._opened = self._high = self._low = price
        self._step = max(1, round(product.price * _STEP))
        self._traded = 0
        self._trades = 0
        self._statistics = b""
        quote = "" if product.as_numbers else '"'
        self._price_form = _decimal_form(product.price_decimals, quote)
        self._size_form = _decimal_form(product.size_decimals, quote)
        self._name = product.id.encode()

    def trade(self, uniform: Uniform, time: int) -> tuple[bytes, Row]:
        """Trade at a time in milliseconds; give the event and what it adds up to."""
        draw = uniform()
        self._sequence += 1 if draw >= _GAP else 2 + int(uniform() * _LONGEST_GAP)
        self._trade_id += 1
        side = b"buy" if draw * 1_000 % 1 < 0.5 else b"sell"  # noqa: PLR2004 - half of them
        price = self._walk(uniform())
        # small trades are many and large ones few
        size = 1 + int(self._product.size * 3 * uniform() ** 2)
        self._traded += size
        if self._trades % _STATISTICS_EVERY == 0 or not self._low <= price <= self._high:
            self._statistics = self._write_statistics(price)
        self._trades += 1
        value = _EVENT % (
            self._sequence,
            self._trade_id,
            self._price_form(price),
            self._size_form(size),
            rfc3339(time),
            self._name,
            side,
            self._price_form(price - 1),
            self._price_form(price + 1),
            self._statistics,
        )
        return value, Row(time // MINUTE, self._product, self._sequence, price, size)

    def _walk(self, draw: float) -> int:
        moved = self._price + round((draw * 2 - 1) * self._step)
        self._price = min(max(moved, self._least), self._most)
        return self._price

    def _write_statistics(self, price: int) -> bytes:
        self._high, self._low = max(self._high, price), min(self._low, price)
        return _STATISTICS % (
            self._price_form(self._opened),
            self._size_form(self._traded),
            self._price_form(self._low),
            self._price_form(self._high),
            self._size_form(self._traded * 30),
            self._size_form(1 + self._traded % self._product.size),
            self._size_form(1 + self._traded * 7 % self._product.size),
        )


def _decimal_form(decimals: int, quote: str) -> Callable[[int], bytes]:
    """Give a function that writes a number of smallest units, exactly."""
    if not decimals:
        return lambda units: f"{quote}{units}{quote}".encode()
    form = f"{quote}%d.%0{decimals}d{quote}".encode()
    unit = 10**decimals
    return lambda units: form % divmod(units, unit)


_EVENT = (
    b'{"sequence":%d,"trade_id":%d,"price":%b,"last_size":%b,"time":"%b","product_id":"%b",'
    b'"side":"%b","best_bid":%b,"best_ask":%b,%b}'
)
_STATISTICS = (
    b'"open_24h":%b,"volume_24h":%b,"low_24h":%b,"high_24h":%b,"volume_30d":%b,'
    b'"best_bid_size":%b,"best_ask_size":%b'
)
