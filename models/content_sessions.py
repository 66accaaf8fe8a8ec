"""`content_sessions`: heartbeats of playback sessions, and the traffic that they stand for."""

from operator import mul
from typing import Annotated

from pydantic import Field

from models.events import Event
from models.quality import QUALITY
from models.streams import Headline, Stream
from models.types import EventTime, Text
from models.windows import Sum, Window

Milliseconds = Annotated[int, Field(ge=0, le=2**31 - 1)]


class ContentSession(Event):
    """One heartbeat of one playback session, as its player sends it."""

    time: Annotated[EventTime, Field(description="when the player sent the heartbeat")]
    session_id: Annotated[
        Text, Field(min_length=1, max_length=128, description="the playback session")
    ]
    platform: Annotated[Text, Field(min_length=1, max_length=64, description="device family")]
    channel: Annotated[Text, Field(min_length=1, max_length=128, description="what is watched")]
    asn: Annotated[
        int, Field(ge=0, le=4_294_967_295, description="the viewer's network (autonomous system)")
    ]
    current_cdn: Annotated[
        Text, Field(min_length=1, max_length=64, description="which CDN the player fetches from")
    ]
    video_profile_kbps: Annotated[int, Field(ge=0, le=1_000_000, description="bitrate now, kbit/s")]
    heartbeat_seconds: Annotated[
        int, Field(ge=0, le=3_600, description="viewing that it stands for, seconds")
    ] = 10
    buffer_ms: Annotated[
        Milliseconds | None, Field(description="media ahead in the buffer, milliseconds")
    ] = None
    rebuffer_ms: Annotated[
        Milliseconds | None, Field(description="stalled since the last heartbeat, milliseconds")
    ] = None
    throughput_kbps: Annotated[
        Annotated[int, Field(ge=0, le=100_000_000)] | None,
        Field(description="what the player measures of its network, kbit/s"),
    ] = None
    errors: Annotated[
        Annotated[int, Field(ge=0, le=1_000_000)] | None,
        Field(description="errors since the last heartbeat"),
    ] = None
    startup_ms: Annotated[
        Milliseconds | None,
        Field(description="from play to the first picture, said once in a session, milliseconds"),
    ] = None
    player: Annotated[
        Annotated[Text, Field(max_length=64)] | None, Field(description="which player it is")
    ] = None


_TRAFFIC = (
    Sum("events"),
    Sum(
        "kilobits",
        of=("video_profile_kbps", "heartbeat_seconds"),
        value=mul,
        sql="video_profile_kbps::int8 * heartbeat_seconds",
    ),
    Sum("session_seconds", of=("heartbeat_seconds",)),
)

CONTENT_SESSIONS = Stream(
    topic="content_sessions",
    event=ContentSession,
    event_time="time",
    key="session_id",
    network="asn",
    windows=(
        Window("traffic_by_cdn_and_asn", keys=("current_cdn", "asn"), measures=_TRAFFIC),
        Window("traffic_by_cdn", keys=("current_cdn",), measures=_TRAFFIC),
        Window("traffic_by_asn", keys=("asn",), measures=_TRAFFIC),
        Window(
            "quality_by_cdn_and_asn",
            keys=("current_cdn", "asn"),
            measures=QUALITY,
            apart=("throughput_kbps", "startup_ms"),
        ),
    ),
    headline=Headline(
        "busiest CDN {key}, {value:,.1f} Mbit/s",
        window="traffic_by_cdn",
        by="kilobits",
        scale=1 / 1_000,
        per_second=True,
    ),
)
