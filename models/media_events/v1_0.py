"""Version 1.0 of `MediaEvent`."""

from collections.abc import Mapping
from operator import attrgetter
from typing import Annotated, Any

import msgspec
from pydantic import Field

from models.events import Event
from models.media_events.parts import (
    LONGEST_ID,
    ContentType,
    EventType,
    Genres,
    Id,
    Language,
    SchemaVersion,
    Title,
)
from models.types import EventTime, IpAddress, StoredAs, storable


class MediaEvent(Event):
    """A viewer plays, pauses or stops something."""

    event_id: Annotated[Id, Field(description="the event's own")]
    event_type: Annotated[EventType, Field(description="what the viewer did")]
    timestamp: Annotated[
        EventTime, StoredAs("event_time"), Field(description="when, by the player")
    ]
    user_id: Annotated[Id, Field(description="who watches")]
    device_id: Annotated[Id, Field(description="on which device")]
    ip_address: Annotated[IpAddress, Field(description="of the device")]
    content_id: Annotated[Id, Field(description="what is watched")]
    content_type: Annotated[ContentType, Field(description="kind of content")]
    title: Annotated[Title, Field(description="of the content")]
    genre: Annotated[Genres, Field(description="of the content")]
    duration_seconds: Annotated[
        int, Field(ge=0, le=2**31 - 1, description="of the content, seconds")
    ]
    language: Language
    current_timestamp: Annotated[
        float,
        StoredAs("position_seconds"),
        Field(ge=0, le=2**31 - 1, description="position in the content, seconds"),
    ]
    schema_version: SchemaVersion = "1.0"
    event_source: Annotated[Id, Field(description="which program sent it, like web_app")]


_fields = attrgetter(*MediaEvent.model_fields)
_session_id = msgspec.json.Decoder(
    Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_ID)]
).decode


def upcast(event: Any, extra: dict[str, Any]) -> tuple[Any, ...]:
    """Make it a 1.1. Senders of 1.0 add a `session_id`, as its first example did."""
    session_id = None
    if "session_id" in extra:
        try:
            session_id = storable(_session_id(extra["session_id"]))
            del extra["session_id"]
        except (msgspec.DecodeError, ValueError):
            pass  # it stays where it was
    return (*_fields(event), session_id, None, None)


def downcast(row: Mapping[str, Any]) -> dict[str, Any]:
    """Give the `session_id` that `upcast` found among the unknown fields."""
    return {"session_id": row.get("session_id")}
