"""`user_activity`: what users do on pages, and how often each of them does it."""

from typing import Annotated, Literal

from pydantic import Field

from models.events import Event
from models.streams import Headline, Stream
from models.types import Country, EventTime, Text
from models.windows import Sum, Window


class UserActivity(Event):
    """One click, view or scroll."""

    event_time: Annotated[EventTime, Field(description="when the user did it")]
    event_id: Annotated[Text, Field(min_length=1, max_length=128, description="the event's own")]
    user_id: Annotated[Text, Field(min_length=1, max_length=128, description="who did it")]
    event_type: Annotated[Literal["click", "view", "scroll"], Field(description="what was done")]
    page: Annotated[Text, Field(min_length=1, max_length=2_048, description="path of the page")]
    element: Annotated[
        Annotated[Text, Field(max_length=256)] | None,
        Field(description="what was clicked, if that"),
    ] = None
    device: Annotated[Text, Field(min_length=1, max_length=64, description="device family")]
    country: Annotated[Country, Field(description="where the user is")]


USER_ACTIVITY = Stream(
    topic="user_activity",
    event=UserActivity,
    event_time="event_time",
    key="user_id",
    windows=(
        Window("user_event_summary", keys=("user_id", "event_type"), measures=(Sum("events"),)),
        Window("user_activity_by_type", keys=("event_type",), measures=(Sum("events"),)),
    ),
    headline=Headline(
        "busiest user {key}, {value:,.0f} events", window="user_event_summary", by="events"
    ),
)
