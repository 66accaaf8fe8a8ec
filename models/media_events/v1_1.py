"""Version 1.1 of `MediaEvent`, which is also what a row holds: delivery and session, if known."""

from typing import Annotated

from pydantic import Field

from models.media_events import v1_0
from models.media_events.parts import Id, SchemaVersion


class MediaEvent(v1_0.MediaEvent):
    """A viewer plays, pauses or stops something; says how it was delivered."""

    schema_version: SchemaVersion = "1.1"
    session_id: Annotated[
        Id | None, Field(description="the playback session, as in content_sessions")
    ] = None
    bitrate_kbps: Annotated[
        Annotated[int, Field(ge=0, le=1_000_000)] | None, Field(description="kbit/s")
    ] = None
    cdn: Annotated[Id | None, Field(description="which CDN the player fetches from")] = None
