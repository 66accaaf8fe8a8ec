"""Version 2.0 of `MediaEvent`: whole milliseconds, and the names that the other streams use.

Breaking, since fields were renamed and seconds became milliseconds: players count in whole
milliseconds, and a fraction of a second had become 120.49999999999999 on the way.
"""

from collections.abc import Mapping
from operator import attrgetter
from typing import Annotated, Any

from pydantic import Field

from models.events import Event
from models.media_events.parts import (
    ContentType,
    EventType,
    Genres,
    Id,
    Language,
    SchemaVersion,
    Title,
)
from models.types import EventTime, IpAddress

_LONGEST_MS = (2**31 - 1) * 1_000


class MediaEvent(Event):
    """A viewer plays, pauses or stops something."""

    event_id: Annotated[Id, Field(description="the event's own")]
    event_type: Annotated[EventType, Field(description="what the viewer did")]
    event_time: Annotated[EventTime, Field(description="when, by the player")]
    user_id: Annotated[Id, Field(description="who watches")]
    device_id: Annotated[Id, Field(description="on which device")]
    session_id: Annotated[Id, Field(description="the playback session, as in content_sessions")]
    ip_address: Annotated[IpAddress, Field(description="of the device")]
    content_id: Annotated[Id, Field(description="what is watched")]
    content_type: Annotated[ContentType, Field(description="kind of content")]
    title: Annotated[Title, Field(description="of the content")]
    genres: Annotated[Genres, Field(description="of the content")]
    duration_ms: Annotated[
        int, Field(ge=0, le=_LONGEST_MS, description="of the content, milliseconds")
    ]
    language: Language
    position_ms: Annotated[
        int, Field(ge=0, le=_LONGEST_MS, description="position in the content, milliseconds")
    ]
    schema_version: SchemaVersion = "2.0"
    event_source: Annotated[Id, Field(description="which program sent it, like web_app")]
    bitrate_kbps: Annotated[
        Annotated[int, Field(ge=0, le=1_000_000)] | None, Field(description="kbit/s")
    ] = None
    cdn: Annotated[Id | None, Field(description="which CDN the player fetches from")] = None


# in the order of 1.1's fields, which is that of a row
_first = attrgetter(
    "event_id",
    "event_type",
    "event_time",
    "user_id",
    "device_id",
    "ip_address",
    "content_id",
    "content_type",
    "title",
    "genres",
)
_last = attrgetter("schema_version", "event_source", "session_id", "bitrate_kbps", "cdn")


def upcast(event: Any, extra: dict[str, Any]) -> tuple[Any, ...]:
    """Make it a 1.1; a duration is rounded down to whole seconds."""
    del extra  # nothing of it is known to 1.1
    return (
        *_first(event),
        event.duration_ms // 1_000,
        event.language,
        event.position_ms / 1_000,
        *_last(event),
    )


def downcast(row: Mapping[str, Any]) -> dict[str, Any]:
    """Make milliseconds of a row's seconds; the part of a second of a duration is gone."""
    return {
        "genres": row["genre"],
        "duration_ms": row["duration_seconds"] * 1_000,
        "position_ms": round(row["position_seconds"] * 1_000),
    }
