"""From a line of CMCD to a heartbeat of `content_sessions`. Pure.

CMCD tells of requests and events, a heartbeat of viewing. What viewing a line stands for:

- an event `t` (time interval) for the reporter's interval, unless the player is paused, starting,
  ended or the like;
- a request of a video segment for the segment's duration;
- everything else for none: it becomes a heartbeat of 0 seconds where it says that something went
  wrong or that playback began, and is passed over otherwise.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import cast
from urllib.parse import urlsplit
from zlib import crc32

import msgspec

from edge.cmcd.dictionary import Members, Value
from edge.cmcd.lines import Read, Refused

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECONDS = 1_000
_NOT_WATCHING = frozenset(["a", "d", "e", "f", "q", "s", "w"])
_VIDEO = frozenset({"v", "av"})
_FIRST_BAD_STATUS = 400
_UNKNOWN = "unknown"
_CDN_LETTERS = 64  # what a heartbeat holds; CMCD allows 128

_MOST = {
    "br": 1_000_000,
    "mtp": 100_000_000,
    "bl": 2**31 - 1,
    "bsd": 2**31 - 1,
    "msd": 2**31 - 1,
    "d": 3_600_000,
    "ts": 4_102_444_799_999,  # the end of 2099, as everywhere in Headrace
}
"""What a heartbeat can hold."""


class Sender(msgspec.Struct, frozen=True, gc=False):
    """What is known beside the line: when it came, and what HTTP and the address say.

    `cdn` is the name for lines that have none (of a collector behind each CDN). Texts are at most
    64 characters.
    """

    received_at: datetime
    platform: str = _UNKNOWN
    player: str | None = None
    asn: int = 0
    cdn: str = _UNKNOWN


@dataclass(frozen=True, slots=True)
class Viewing:
    """How reporters are configured, which no line says.

    `interval_seconds` is that of their event `t` (30 by default in CTA-5004-A and in players).
    `by_responses`: players send `rr` but no `t`, so the segments received are the viewing.
    """

    interval_seconds: int = 30
    by_responses: bool = False


class Heartbeat(msgspec.Struct, frozen=True, gc=False):
    """An event of `content_sessions`, as JSON. `sequence` is the line's `sn`, if it has one."""

    session_id: str
    value: bytes
    sequence: int | None


class Passed(msgspec.Struct, frozen=True, gc=False):
    """A good line of which no heartbeat is made: an audio segment, a playlist, a mute."""

    session_id: str
    sequence: int | None


class _Event(msgspec.Struct, omit_defaults=True, gc=False):
    time: datetime
    session_id: str
    platform: str
    channel: str
    asn: int
    current_cdn: str
    video_profile_kbps: int
    heartbeat_seconds: int
    buffer_ms: int | None = None
    rebuffer_ms: int | None = None
    throughput_kbps: int | None = None
    errors: int | None = None
    startup_ms: int | None = None
    player: str | None = None


_encode = msgspec.json.Encoder().encode


def heartbeat(line: Read, sender: Sender, viewing: Viewing) -> Heartbeat | Passed | Refused:
    """Make a heartbeat of a line, or say that there is none in it, or why it can be none."""
    members = line.members
    for key, most in _MOST.items():
        value = members.get(key)
        if value is None or (type(value) is int and value <= most):
            continue
        if max(_numbers(value), default=0) > most:
            return Refused(
                line.raw, "invalid", f"{key}: more than {most}, which no heartbeat holds"
            )
    session_id, sequence = str(members["sid"]), cast("int | None", members.get("sn"))
    seconds = _seconds(line, viewing)
    event = _event(members, sender, seconds)
    if seconds == 0 and members.get("e") != "t" and not _tells(event):
        return Passed(session_id, sequence)
    return Heartbeat(session_id, _encode(event), sequence)


def _event(members: Members, sender: Sender, seconds: int) -> _Event:
    return _Event(
        time=_time(members, sender),
        session_id=str(members["sid"]),
        platform=sender.platform,
        channel=str(members.get("cid") or _UNKNOWN),
        asn=sender.asn,
        current_cdn=_cdn(members, sender),
        video_profile_kbps=_of_video(members.get("br")) or 0,
        heartbeat_seconds=seconds,
        buffer_ms=_of_video(members.get("bl")),
        rebuffer_ms=_rebuffer_ms(members),
        throughput_kbps=_of_video(members.get("mtp")),
        errors=_errors(members),
        startup_ms=cast("int | None", members.get("msd")),
        player=sender.player,
    )


def _tells(event: _Event) -> bool:
    return bool(event.rebuffer_ms or event.errors or event.startup_ms is not None)


def _seconds(line: Read, viewing: Viewing) -> int:
    members = line.members
    kind = members.get("e")
    if kind == "t":
        return 0 if members.get("sta") in _NOT_WATCHING else viewing.interval_seconds
    if kind is not None and not (kind == "rr" and viewing.by_responses):
        return 0
    if members.get("ot", "av") not in _VIDEO:
        return 0
    # A heartbeat counts whole seconds, and segments last 4,004 ms or a third of a second: the rest
    # is a whole second as often as it is long. By the line's own bytes, so that a repeat agrees.
    duration = cast("int", members.get("d", 0))
    return (duration + crc32(line.raw) % _MILLISECONDS) // _MILLISECONDS


def _time(members: Members, sender: Sender) -> datetime:
    said = cast("int | None", members.get("ts"))
    return sender.received_at if said is None else _EPOCH + timedelta(milliseconds=said)


def _cdn(members: Members, sender: Sender) -> str:
    said = members.get("cdn") or members.get("h") or _host(members.get("url")) or sender.cdn
    return str(said)[:_CDN_LETTERS]


def _host(url: Value | None) -> str:
    try:
        return (urlsplit(str(url)).hostname or "") if url else ""
    except ValueError:
        return ""  # brackets that are no address


def _rebuffer_ms(members: Members) -> int:
    """Give the length of the stalls that are over; 1 for one whose length is not said.

    Version 1 has `bs` alone, so that a stall is counted though nobody knows how long it was. What
    is not starved does not say so.
    """
    if "bsd" in members:
        return int(sum(_numbers(members["bsd"])))
    return int(bool(members.get("bs")) or members.get("sta") == "r")


def _errors(members: Members) -> int:
    kind, status = members.get("e"), cast("int | None", members.get("rc"))
    if kind == "rr":
        return int(status is not None and (status == 0 or status >= _FIRST_BAD_STATUS))
    if kind not in {None, "e"}:
        return 0  # reporters repeat `ec` in every event until another value is there
    codes = members.get("ec")
    return len(codes) if isinstance(codes, tuple) else int(codes is not None or kind == "e")


def _of_video(value: Value | None) -> int | None:
    """Give the number for video: that of version 1, or of a list the one that is marked so."""
    if value is None:
        return None
    if not isinstance(value, tuple):
        return int(cast("int | Decimal", value))
    by_type = {kind: number for number, kind in value}
    for kind in ("v", "av", ""):
        if kind in by_type:
            return int(cast("int | Decimal", by_type[kind]))
    return None


def _numbers(value: Value) -> Iterable[int | Decimal]:
    return cast(
        "Iterable[int | Decimal]",
        (item for item, _ in value) if isinstance(value, tuple) else (value,),
    )
