"""What the exchange says, judged while it is read: docs/guides/coinbase.md names its pages.

Numbers stay the texts that the exchange writes, so that nothing is rounded. Fields that are not
named here are skipped, and so are messages of other types: the exchange says that it may add some.
"""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

_Id = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
_Number = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,20}(\.[0-9]{1,20})?$")]
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
_Time = Annotated[datetime, msgspec.Meta(tz=True)]
_Side = Literal["buy", "sell"]


class Match(msgspec.Struct, tag="match", frozen=True, gc=False):
    """A trade, as the channel `matches` tells it. `side` is the maker's."""

    trade_id: _Id
    sequence: _Id
    product_id: _Name
    price: _Number
    size: _Number
    side: _Side
    time: _Time


class LastMatch(Match, tag="last_match", frozen=True, gc=False):
    """The trade before the subscription: the snapshot that the channel begins with."""


class Ticker(msgspec.Struct, tag="ticker", frozen=True, gc=False):
    """A product's statistics after a trade. Trades in quick succession share one."""

    product_id: _Name
    open_24h: _Number
    volume_24h: _Number
    low_24h: _Number
    high_24h: _Number
    volume_30d: _Number
    best_bid: _Number
    best_bid_size: _Number
    best_ask: _Number
    best_ask_size: _Number


class Heartbeat(msgspec.Struct, tag="heartbeat", frozen=True, gc=False):
    """Once a second for each product: the last trade that there is."""

    product_id: _Name
    sequence: _Id
    last_trade_id: _Id


class Refusal(msgspec.Struct, tag="error", frozen=True):
    """Something that the exchange does not do."""

    message: str = ""
    reason: str = ""


class Trade(msgspec.Struct, frozen=True, gc=False):
    """A trade, as REST lists it: without its sequence. `side` is the maker's."""

    trade_id: _Id
    price: _Number
    size: _Number
    side: _Side
    time: _Time


Message = Match | LastMatch | Ticker | Heartbeat | Refusal

KNOWN = frozenset({"match", "last_match", "ticker", "heartbeat", "error"})


class Kind(msgspec.Struct):
    """Any message: only its type, to tell an unknown one from one that is wrong."""

    type: str


decode_message = msgspec.json.Decoder(Message).decode
decode_kind = msgspec.json.Decoder(Kind).decode
decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
decode_trade = msgspec.json.Decoder(Trade).decode
