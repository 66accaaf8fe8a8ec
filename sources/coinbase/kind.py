"""The kind `coinbase`, as headrace.yaml names it."""

from collections.abc import Sequence

from sources.base import Source
from sources.coinbase.connection import CoinbaseConnection
from sources.coinbase.options import CoinbaseOptions
from sources.coinbase.rest import TradeHistory
from sources.kinds import Opening, SourceKind

_SILENCE_SECONDS = 10.0
"""A heartbeat comes every second."""


def open_coinbase(options: CoinbaseOptions, opening: Opening) -> Sequence[Source]:
    """Build a reader for each connection; nothing is connected yet."""
    history = TradeHistory(options.rest_url, options.rest_requests_per_second, opening.stats)
    products = list(dict.fromkeys(options.products))
    count = min(options.connections, len(products))
    return [
        CoinbaseConnection(
            f"connection-{number + 1}", products[number::count], options, history, opening.stats
        )
        for number in range(count)
    ]


KIND = SourceKind(
    "coinbase",
    CoinbaseOptions,
    open_coinbase,
    stream="market_ticks",
    silence_seconds=_SILENCE_SECONDS,
)
