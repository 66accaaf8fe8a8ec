"""Version 1.0 of `MediaEvent`."""

from typing import Annotated, Any

import msgspec
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
from models.types import Column, EventTime, IpAddress, storable

_LONGEST_ID = 128


class MediaEvent(Event):
    """A viewer plays, pauses or stops something."""

    event_id: Id
    event_type: Annotated[EventType, Field(description="what the viewer did")]
    timestamp: Annotated[EventTime, Column("event_time"), Field(description="when, by the player")]
    user_id: Id
    device_id: Id
    ip_address: Annotated[IpAddress, Field(description="IPv4 or IPv6")]
    content_id: Id
    content_type: ContentType
    title: Title
    genre: Annotated[Genres, Field(description="any number of them")]
    duration_seconds: Annotated[int, Field(ge=0, le=2**31 - 1, description="of the content")]
    language: Language
    current_timestamp: Annotated[
        float,
        Column("position_seconds"),
        Field(ge=0, le=2**31 - 1, description="position in the content, seconds"),
    ]
    schema_version: SchemaVersion = "1.0"
    event_source: Annotated[Id, Field(description="which program sent it, like web_app")]


def upcast(event: Any, extra: dict[str, Any]) -> dict[str, Any]:
    """Make it a 1.1. Many senders of 1.0 added `session_id`, which 1.1 knows."""
    fields = {name: getattr(event, name) for name in MediaEvent.model_fields}
    session_id = _text(extra.get("session_id"))
    if session_id:
        del extra["session_id"]
        fields["session_id"] = session_id
    return fields


def _text(written: msgspec.Raw | None) -> str | None:
    if written is None:
        return None
    try:
        return storable(msgspec.json.decode(written, type=_SessionId))
    except (msgspec.DecodeError, ValueError):
        return None  # it stays where it was


_SessionId = Annotated[str, msgspec.Meta(max_length=_LONGEST_ID)]
