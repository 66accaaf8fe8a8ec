"""Version 2.0 of `MediaEvent`: whole milliseconds, and the names that the other streams use.

Breaking, since fields were renamed and seconds became milliseconds: players count in whole
milliseconds, and a fraction of a second had become 120.49999999999999 on the way.
"""

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

    event_id: Id
    event_type: EventType
    event_time: EventTime
    user_id: Id
    device_id: Id
    session_id: Id
    ip_address: IpAddress
    content_id: Id
    content_type: ContentType
    title: Title
    genres: Genres
    duration_ms: Annotated[int, Field(ge=0, le=_LONGEST_MS)]
    language: Language
    position_ms: Annotated[int, Field(ge=0, le=_LONGEST_MS)]
    schema_version: SchemaVersion = "2.0"
    event_source: Id
    bitrate_kbps: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    cdn: Id | None = None


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
