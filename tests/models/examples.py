"""A good event of each form that any stream takes, and how to change one."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.all import STREAMS
from models.streams import Stream
from tests.models.records import HEARTBEAT

_TIME = "2026-11-22T10:05:00Z"

_MEDIA_1_0 = {
    "event_id": "e-1",
    "event_type": "play",
    "timestamp": _TIME,
    "user_id": "u-1",
    "device_id": "d-1",
    "ip_address": "192.0.2.1",
    "content_id": "c-1",
    "content_type": "movie",
    "title": "Metropolis",
    "genre": ["drama", "science fiction"],
    "duration_seconds": 9_180,
    "language": "de",
    "current_timestamp": 120.5,
    "schema_version": "1.0",
    "event_source": "web_app",
}
_DELIVERY = {"session_id": "s-1", "bitrate_kbps": 4_000, "cdn": "Akamai"}
_RENAMED = {"timestamp", "genre", "duration_seconds", "current_timestamp"}


@dataclass(frozen=True)
class Form:
    """One released form of a stream's events, with a good one."""

    stream: Stream
    version: str
    good: Mapping[str, Any]

    def event(self, **fields: Any) -> bytes:
        """Write the good event, with `fields` in place of its own; None is JSON's null."""
        return json.dumps({**self.good, **fields}).encode()

    def without(self, *names: str) -> bytes:
        return json.dumps({k: v for k, v in self.good.items() if k not in names}).encode()

    def written(self, name: str, value: str) -> bytes:
        """Write the good event with one field in these very characters."""
        mark = "no other field has this"
        return self.event(**{name: mark}).replace(f'"{mark}"'.encode(), value.encode())


FORMS: Mapping[str, Form] = {
    "content_sessions": Form(
        STREAMS["content_sessions"],
        "",
        {
            "time": _TIME,
            **HEARTBEAT,
            "heartbeat_seconds": 10,
        },
    ),
    "media_events 1.0": Form(STREAMS["media_events"], "1.0", _MEDIA_1_0),
    "media_events 1.1": Form(
        STREAMS["media_events"], "1.1", {**_MEDIA_1_0, **_DELIVERY, "schema_version": "1.1"}
    ),
    "media_events 2.0": Form(
        STREAMS["media_events"],
        "2.0",
        {name: value for name, value in _MEDIA_1_0.items() if name not in _RENAMED}
        | {
            **_DELIVERY,
            "event_time": _TIME,
            "genres": ["drama"],
            "duration_ms": 9_180_999,
            "position_ms": 120_500,
            "schema_version": "2.0",
        },
    ),
    "user_activity": Form(
        STREAMS["user_activity"],
        "",
        {
            "event_time": _TIME,
            "event_id": "e-1",
            "user_id": "u-1",
            "event_type": "click",
            "page": "/basket",
            "element": "buy",
            "device": "phone",
            "country": "DE",
        },
    ),
    "purchases": Form(
        STREAMS["purchases"],
        "",
        {
            "event_time": _TIME,
            "purchase_id": "p-1",
            "user_id": "u-1",
            "country": "KW",
            "product": "lamp",
            "category": "home",
            "quantity": 2,
            "unit_price": "19.995",
            "currency": "KWD",
            "amount": 39.99,
        },
    ),
    "market_ticks": Form(
        STREAMS["market_ticks"],
        "",
        {
            "sequence": 37_475_248_783,
            "trade_id": 5_017_123,
            "price": "43123.45",
            "last_size": 0.00012345,
            "time": "2026-11-22T10:05:00.123456Z",
            "product_id": "BTC-USD",
            "side": "buy",
            "open_24h": "43000",
            "volume_24h": "12345.12345678",
            "low_24h": "42000.5",
            "high_24h": "44000.5",
            "volume_30d": "400000.12345678",
            "best_bid": "43123.44",
            "best_bid_size": "0.5",
            "best_ask": "43123.46",
            "best_ask_size": "0.7",
        },
    ),
}
"""By a name for each form; MEDIA and others look theirs up here."""

NAMES = list(FORMS)
