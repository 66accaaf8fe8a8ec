"""From the exchange's messages to events of the stream `market_ticks` (models/market_ticks.py)."""

from datetime import datetime

import msgspec

from sources.base import Record
from sources.coinbase.messages import Match, Ticker, Trade

_TAKER = {"buy": "sell", "sell": "buy"}


class _Tick(msgspec.Struct, gc=False):
    sequence: int
    trade_id: int
    price: str
    last_size: str
    time: datetime
    product_id: str
    side: str
    open_24h: str
    volume_24h: str
    low_24h: str
    high_24h: str
    volume_30d: str
    best_bid: str
    best_bid_size: str
    best_ask: str
    best_ask_size: str


_encode = msgspec.json.Encoder().encode


def record(trade: Match | Trade, sequence: int, statistics: Ticker, key: bytes) -> Record:
    """Make the event of one trade; `key` is its product's, so that all its trades are in order.

    The record's timestamp is the trade's own time: no clock of this machine is in it.
    """
    tick = _Tick(
        sequence,
        trade.trade_id,
        trade.price,
        trade.size,
        trade.time,
        statistics.product_id,
        _TAKER[trade.side],
        statistics.open_24h,
        statistics.volume_24h,
        statistics.low_24h,
        statistics.high_24h,
        statistics.volume_30d,
        statistics.best_bid,
        statistics.best_bid_size,
        statistics.best_ask,
        statistics.best_ask_size,
    )
    return _encode(tick), key, int(trade.time.timestamp() * 1_000)
