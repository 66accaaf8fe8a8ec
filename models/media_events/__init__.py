"""`media_events`: viewers play, pause and stop films, episodes and advertisements.

Importable by version: `from models.media_events.v1_1 import MediaEvent`.
"""

from models.media_events import v1_0, v1_1, v2_0
from models.media_events.v1_1 import MediaEvent
from models.streams import Headline, Stream
from models.versions import Version, Versions
from models.windows import Sum, Window

__all__ = ["MEDIA_EVENTS", "MediaEvent"]


def _is(event_type: str) -> Sum:
    return Sum(
        f"{event_type}s",
        of=("event_type",),
        value=lambda said: int(said == event_type),
        sql=f"(event_type = '{event_type}')::int",
    )


MEDIA_EVENTS = Stream(
    topic="media_events",
    event=MediaEvent,
    event_time="event_time",
    key="session_id",
    versions=Versions(
        name="schema_version",
        default="1.0",
        released={
            "1.0": Version(v1_0.MediaEvent, v1_0.upcast),
            "1.1": Version(v1_1.MediaEvent),
            "2.0": Version(v2_0.MediaEvent, v2_0.upcast),
        },
    ),
    keeps_extra=True,
    windows=(
        Window(
            "media_events_by_type", keys=("event_type", "content_type"), measures=(Sum("events"),)
        ),
        Window("content_plays", keys=("content_id", "title"), measures=(_is("play"), _is("stop"))),
    ),
    headline=Headline(
        "most watched {key}, {value:,.0f} plays", window="content_plays", by="plays", part=1
    ),
)
