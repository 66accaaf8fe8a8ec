"""Heartbeats as players send them, with what has to become of them."""

import json
from datetime import UTC, datetime, timedelta


def heartbeat(time: str | datetime | None = None, **fields: object) -> bytes:
    """Make the JSON of seed 000, with `fields` in place of its own."""
    if not isinstance(time, str):
        time = (time or datetime.now(UTC)).isoformat()
    event = {
        "time": time,
        "session_id": "s-1",
        "platform": "tv",
        "channel": "news",
        "asn": 3320,
        "current_cdn": "Akamai",
        "video_profile_kbps": 4_000,
    }
    return json.dumps({**event, **fields}).encode()


def minute_of(time: datetime) -> datetime:
    return time.replace(second=0, microsecond=0)


def ago(**span: float) -> datetime:
    return datetime.now(UTC) - timedelta(**span)
