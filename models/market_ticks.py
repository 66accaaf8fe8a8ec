"""`market_ticks`: trades as an exchange streams them, and the candles that they make.

The fields are those of Coinbase's ticker channel. Prices and sizes may come as strings, as Coinbase
sends them, or as numbers; both are read exactly.
"""

from typing import Annotated, Literal

from pydantic import Field

from models.events import Event
from models.streams import Headline, Stream
from models.types import EventTime, Number, StoredAs, Text, number
from models.windows import First, Last, Max, Min, Sum, Window

_PRICE = number("0.000000000001", "1000000000000", places=12)
_SIZE = number("0", "1000000000000", places=12)
_STATISTIC = number("0", "1000000000000000000", places=18)
_DOUBLE = StoredAs(kind="float8")


class MarketTick(Event):
    """The ticker after one trade."""

    sequence: Annotated[int, Field(ge=0, le=2**63 - 1, description="counts up within a product")]
    trade_id: Annotated[int, Field(ge=0, le=2**63 - 1, description="the exchange's own")]
    price: Annotated[Number, _PRICE, Field(description="of the trade, in the quote currency")]
    last_size: Annotated[Number, _SIZE, Field(description="of the trade, in the base currency")]
    time: Annotated[EventTime, Field(description="when the exchange traded")]
    product_id: Annotated[
        Text, Field(min_length=1, max_length=64, description="what was traded, like BTC-USD")
    ]
    side: Annotated[Literal["buy", "sell"], Field(description="of the taker")]
    open_24h: Annotated[
        Number, _STATISTIC, _DOUBLE, Field(description="price 24 hours before, quote currency")
    ]
    volume_24h: Annotated[
        Number, _STATISTIC, _DOUBLE, Field(description="traded in 24 hours, base currency")
    ]
    low_24h: Annotated[
        Number, _STATISTIC, _DOUBLE, Field(description="lowest price in 24 hours, quote currency")
    ]
    high_24h: Annotated[
        Number, _STATISTIC, _DOUBLE, Field(description="highest price in 24 hours, quote currency")
    ]
    volume_30d: Annotated[
        Number, _STATISTIC, _DOUBLE, Field(description="traded in 30 days, base currency")
    ]
    best_bid: Annotated[
        Number, _SIZE, _DOUBLE, Field(description="highest price bid, quote currency")
    ]
    best_bid_size: Annotated[
        Number, _SIZE, _DOUBLE, Field(description="offered at it, base currency")
    ]
    best_ask: Annotated[
        Number, _SIZE, _DOUBLE, Field(description="lowest price asked, quote currency")
    ]
    best_ask_size: Annotated[
        Number, _SIZE, _DOUBLE, Field(description="offered at it, base currency")
    ]


_PRICED = ("sequence", "price")

MARKET_TICKS = Stream(
    topic="market_ticks",
    event=MarketTick,
    event_time="time",
    key="product_id",
    windows=(
        Window(
            "candles_by_product",
            keys=("product_id",),
            measures=(
                Sum("trades"),
                First("open", of=_PRICED, kind="numeric"),
                Max("high", of=("price",), kind="numeric"),
                Min("low", of=("price",), kind="numeric"),
                Last("close", of=_PRICED, kind="numeric"),
                Sum("volume", of=("last_size",), kind="numeric"),
                Min("first_sequence", of=("sequence",)),
                Max("last_sequence", of=("sequence",)),
            ),
        ),
    ),
    headline=Headline(
        "{key} at {value:,}", window="candles_by_product", by="trades", shown="close"
    ),
)
