"""What a numbered record of each stream is, and what it adds up to: all follows from its number."""

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from generator.times import MINUTE, rfc3339

Key = tuple[Any, ...]
Numbers = tuple[int, ...]
Adds = tuple[str, Key, Numbers]
"""To which figure, under which key, how much; minutes in keys are counted since 1970."""


class Made(NamedTuple):
    """A good record's value, and all that it adds."""

    value: bytes
    adds: tuple[Adds, ...]


_CDNS = ("Akamai", "Fastly", "CloudFront")
_ASNS = tuple(range(64_512, 64_523))
_TYPES = ("play", "pause", "stop")
_CONTENTS = ("movie", "episode", "ad")
_CLICKS = ("click", "view", "scroll")
_USERS = 997
_MONEY = (("DE", "EUR", 2), ("JP", "JPY", 0), ("KW", "KWD", 3), ("US", "USD", 2), ("CH", "EUR", 2))
_PRODUCTS = ("BTC-USD", "ETH-EUR")
_SIZE_DECIMALS = 8


def content_session(number: int, time: int) -> Made:
    cdn, asn = _CDNS[number * 7 % 3], _ASNS[number * 5 % 11]
    kbps, seconds = 300 + number % 7_919, 5 + number % 6
    traffic = (1, kbps * seconds, seconds)
    minute = time // MINUTE
    event = {
        "time": _written(time),
        "session_id": str(number),
        "platform": "web",
        "channel": "News",
        "asn": asn,
        "current_cdn": cdn,
        "video_profile_kbps": kbps,
        "heartbeat_seconds": seconds,
    }
    return Made(
        _json(event),
        (
            ("traffic_by_cdn_and_asn", (minute, cdn, asn), traffic),
            ("traffic_by_cdn", (minute, cdn), traffic),
            ("traffic_by_asn", (minute, asn), traffic),
            ("content_sessions", (cdn, asn), (1, kbps)),
        ),
    )


def media_event(number: int, time: int) -> Made:
    what, kind = _TYPES[number * 5 % 3], _CONTENTS[number % 3]
    content, minute = f"c{number % 101}", time // MINUTE
    position = number % 7_200
    event: dict[str, Any] = {
        "event_id": str(number),
        "event_type": what,
        "user_id": f"u{number % _USERS}",
        "device_id": "tv",
        "ip_address": "2001:db8::1" if number % 2 else "192.0.2.1",
        "content_id": content,
        "content_type": kind,
        "title": f"Title {content}",
        "language": "en",
        "event_source": "app",
    }
    match number % 4:
        case 0:
            event |= _version_1(time, position) | {"schema_version": "1.0"}
        case 1:
            event |= _version_1(time, position) | {"schema_version": "1.1", "cdn": "Akamai"}
        case 2:
            event |= _version_1(time, position) | {"schema_version": "1.9", "mood": ["new", 1]}
        case _:
            event |= {
                "event_time": _written(time),
                "genres": [],
                "duration_ms": 7_200_000,
                "position_ms": position * 1_000,
                "session_id": "s",
                "schema_version": "2.0",
            }
    return Made(
        _json(event),
        (
            ("media_events_by_type", (minute, what, kind), (1,)),
            ("content_plays", (minute, content), (int(what == "play"), int(what == "stop"))),
            ("media_events", (what, kind), (1, position, int(number % 4 == 2))),
        ),
    )


def user_activity(number: int, time: int) -> Made:
    user, what = f"u{number % _USERS}", _CLICKS[number * 5 % 3]
    event = {
        "event_time": _written(time),
        "event_id": str(number),
        "user_id": user,
        "event_type": what,
        "page": f"/{number % 50}",
        "device": "ios",
        "country": "DE",
    }
    return Made(
        _json(event),
        (
            ("user_event_summary", (time // MINUTE, user, what), (1,)),
            ("user_activity", (what,), (1,)),
        ),
    )


def purchase(number: int, time: int) -> Made:
    country, currency, decimals = _MONEY[number % len(_MONEY)]
    quantity, price = 1 + number % 5, 1 + number * 7 % 99_991
    event = {
        "event_time": _written(time),
        "purchase_id": str(number),
        "user_id": "u",
        "country": country,
        "product": "thing",
        "category": "things",
        "quantity": quantity,
        "unit_price": _decimal(price, decimals),
        "currency": currency,
        "amount": _decimal(price * quantity, decimals),
    }
    sums = (1, quantity, price * quantity)
    return Made(
        _json(event),
        (
            ("purchases_by_country", (time // MINUTE, country, currency), sums),
            ("purchases", (currency,), sums),
        ),
    )


def market_tick(number: int, time: int) -> Made:
    product, price = _PRODUCTS[number % 2], 1 + number * 7_919 % 1_000_003
    size = 1 + number * 104_729 % 10**9
    others = ("open_24h", "volume_24h", "low_24h", "high_24h", "volume_30d")
    quotes = ("best_bid", "best_bid_size", "best_ask", "best_ask_size")
    event = {
        "sequence": number,
        "trade_id": number,
        "price": _decimal(price, 2),
        "last_size": _decimal(size, _SIZE_DECIMALS),
        "time": _written(time),
        "product_id": product,
        "side": "buy",
    } | dict.fromkeys(others + quotes, "1.5")
    candle = (1, number, price, price, price, number, price, size)
    return Made(
        _json(event),
        (
            ("candles_by_product", (time // MINUTE, product), candle),
            ("market_ticks", (product,), (1, price, size)),
        ),
    )


MAKERS: Mapping[str, Callable[[int, int], Made]] = {
    "content_sessions": content_session,
    "media_events": media_event,
    "user_activity": user_activity,
    "purchases": purchase,
    "market_ticks": market_tick,
}
"""How to make a record of its number at a time (milliseconds since 1970)."""


def merged(figure: str, one: Numbers, other: Numbers) -> Numbers:
    """Add two numbers of a figure up."""
    if figure != "candles_by_product":
        return tuple(map(sum, zip(one, other, strict=True)))
    first, last = min(one[1:3], other[1:3]), max(one[5:7], other[5:7])
    high, low = max(one[3], other[3]), min(one[4], other[4])
    return (one[0] + other[0], *first, high, low, *last, one[7] + other[7])


def _version_1(time: int, position: int) -> dict[str, Any]:
    return {
        "timestamp": _written(time),
        "genre": ["drama", "news"],
        "duration_seconds": 7_200,
        "current_timestamp": position,
    }


def _decimal(minor: int, decimals: int) -> str:
    if not decimals:
        return str(minor)
    whole, rest = divmod(minor, 10**decimals)
    return f"{whole}.{rest:0{decimals}}"


def _written(time: int) -> str:
    return rfc3339(time).decode()


def _json(event: Mapping[str, Any]) -> bytes:
    return json.dumps(event, separators=(",", ":")).encode()
