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
WAYS = len(_SOURCES) * len(_KBPS)


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """One version, as some of all players send it.

    `renamed` says that it has the names and the milliseconds of version 2; `extra` is unknown to
    every released version.
    """

    version: str
    weight: int
    says_session: bool = True
    says_delivery: bool = False
    renamed: bool = False
    extra: Mapping[str, Any] | None = None


FORMS = (
    Form("1.0", 20, says_session=False),
    Form("1.0", 15),  # many senders of 1.0 added session_id before there was a 1.1
    Form("1.1", 40, says_delivery=True),
    Form("2.0", 23, says_delivery=True, renamed=True),
    Form(
        "1.7",
        2,
        says_delivery=True,
        extra={"playback_rate": 1.25, "network": {"type": "wifi", "rssi_dbm": -61}},
    ),
)


def of_session(form: Form, *, user: bytes, session: bytes, address: bytes, device: int) -> bytes:
    """Write what stays the same during a session, but for its content."""
    told = _SESSION % session if form.says_session else b""
    return _CONSTANT % (user, device, address, told)


@lru_cache(maxsize=32_768)  # every content by every form and way: 24,000
def of_content(form: Form, content: Content, way: int) -> bytes:
    """Write what is watched, and how: `way` is one of WAYS."""
    fields: dict[str, Any] = {
        "content_id": content.id,
        "content_type": content.type,
        "title": content.title,
        "genres" if form.renamed else "genre": content.genre,
        "language": content.language,
        "schema_version": form.version,
        "event_source": _SOURCES[way % len(_SOURCES)],
    }
    if form.renamed:
        fields["duration_ms"] = content.duration_ms
    else:
        fields["duration_seconds"] = content.duration_ms // SECOND
    if form.says_delivery:
        fields["bitrate_kbps"] = _KBPS[way // len(_SOURCES)]
        fields["cdn"] = _CDNS[way % len(_CDNS)]
    return msgspec.json.encode(fields | dict(form.extra or {}))[1:-1]


def write(
    form: Form, *constant: bytes, event_id: int, event_type: bytes, time: int, position: int
) -> bytes:
    """Write an event from its two constant parts; times and positions are in milliseconds."""
    if form.renamed:
        return _SECOND % (event_id, event_type, rfc3339(time), position, *constant)
    seconds, rest = divmod(position, SECOND)
    return _FIRST % (event_id, event_type, rfc3339(time), seconds, rest, *constant)


_CONSTANT = b'"user_id":"%b","device_id":"device_%05d","ip_address":%b%b'
_SESSION = b',"session_id":"%b"'
_FIRST = (
    b'{"event_id":"%016x","event_type":"%b","timestamp":"%b","current_timestamp":%d.%03d,%b,%b}'
)
_SECOND = b'{"event_id":"%016x","event_type":"%b","event_time":"%b","position_ms":%d,%b,%b}'
