"""How players of different ages write an event: the released versions, and one to come."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec

from generator.media_events.library import Content
from generator.times import SECOND, rfc3339

_SOURCES = ("web_app", "ios_app", "android_app", "tv_app")
_CDNS = ("Akamai", "Fastly", "CloudFront")
_KBPS = (800, 2_500, 4_000, 8_000)
_WAYS = len(_SOURCES) * len(_KBPS)


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """One version, as some of all players send it; `extra` is unknown to every released one."""

    version: str
    weight: int
    says_session: bool = True
    says_delivery: bool = False
    extra: Mapping[str, Any] | None = None

    @property
    def is_second(self) -> bool:
        return self.version.startswith("2.")


FORMS = (
    Form("1.0", 20, says_session=False),
    Form("1.0", 15),  # many senders of 1.0 added session_id before there was a 1.1
    Form("1.1", 40, says_delivery=True),
    Form("2.0", 23, says_delivery=True),
    Form(
        "1.7",
        2,
        says_delivery=True,
        extra={"playback_rate": 1.25, "network": {"type": "wifi", "rssi_dbm": -61}},
    ),
)


def constant(
    form: Form, content: Content, *, user: bytes, session: bytes, address: bytes, choice: int
) -> bytes:
    """Write what stays the same during a session. `choice` decides by what it is delivered."""
    told = _SESSION % session if form.says_session else b""
    return _CONSTANT % (user, choice, address, told, _of_content(form, content, choice % _WAYS))


@lru_cache(maxsize=32_768)  # every content by every form and way: 24,000
def _of_content(form: Form, content: Content, way: int) -> bytes:
    fields: dict[str, Any] = {
        "content_id": content.id,
        "content_type": content.type,
        "title": content.title,
        "genres" if form.is_second else "genre": content.genre,
        "language": content.language,
        "schema_version": form.version,
        "event_source": _SOURCES[way % len(_SOURCES)],
    }
    if form.is_second:
        fields["duration_ms"] = content.duration_ms
    else:
        fields["duration_seconds"] = content.duration_ms // SECOND
    if form.says_delivery:
        fields["bitrate_kbps"] = _KBPS[way // len(_SOURCES)]
        fields["cdn"] = _CDNS[way % len(_CDNS)]
    return msgspec.json.encode(fields | dict(form.extra or {}))[1:-1]


def write(
    form: Form, constant: bytes, *, event_id: int, event_type: bytes, time: int, position: int
) -> bytes:
    """Write an event; `time` and `position` are in milliseconds."""
    if form.is_second:
        return _SECOND % (event_id, event_type, rfc3339(time), position, constant)
    seconds, rest = divmod(position, SECOND)
    return _FIRST % (event_id, event_type, rfc3339(time), seconds, rest, constant)


_CONSTANT = b'"user_id":"%b","device_id":"device_%05d","ip_address":%b,%b%b'
_SESSION = b'"session_id":"%b",'
_FIRST = b'{"event_id":"%016x","event_type":"%b","timestamp":"%b","current_timestamp":%d.%03d,%b}'
_SECOND = b'{"event_id":"%016x","event_type":"%b","event_time":"%b","position_ms":%d,%b}'
