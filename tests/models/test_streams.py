"""What a declaration of a stream turns into."""

from typing import Annotated, Any

import pytest
from pydantic import Field

from models.content_sessions import CONTENT_SESSIONS
from models.events import Event
from models.streams import Stream
from models.types import EventTime, Text


def test_columns_follow_from_the_fields_and_their_bounds() -> None:
    assert [(column.name, column.kind) for column in CONTENT_SESSIONS.columns] == [
        ("time", "timestamptz"),
        ("session_id", "text"),
        ("platform", "text"),
        ("channel", "text"),
        ("asn", "int8"),
        ("current_cdn", "text"),
        ("video_profile_kbps", "int4"),
        ("heartbeat_seconds", "int4"),
    ]


@pytest.mark.parametrize(
    ("least", "most", "kind"),
    [
        (-(2**31), 2**31 - 1, "int4"),
        (-(2**31) - 1, 0, "int8"),
        (0, 2**31, "int8"),
        (-(2**63), 2**63 - 1, "int8"),
    ],
)
def test_a_number_has_the_narrowest_column_that_its_bounds_fit(
    least: int, most: int, kind: str
) -> None:
    class Odd(Event):
        time: EventTime
        number: Annotated[int, Field(ge=least, le=most)]

    assert stream_of(Odd).column("number").kind == kind


@pytest.mark.parametrize(
    "bounds",
    [
        pytest.param(Field(), id="no bounds"),
        pytest.param(Field(ge=0), id="no end"),
        pytest.param(Field(le=9), id="no beginning"),
        pytest.param(Field(ge=0, le=2**63), id="beyond 64 bits"),
    ],
)
def test_a_number_that_may_not_fit_its_column_is_refused(bounds: Any) -> None:
    class Odd(Event):
        time: EventTime
        number: Annotated[int, bounds]

    with pytest.raises(TypeError, match="field number: needs bounds"):
        stream_of(Odd)


def test_a_field_without_a_column_type_is_refused() -> None:
    class Odd(Event):
        time: EventTime
        tags: list[Text]

    with pytest.raises(TypeError, match="field tags: no column type"):
        stream_of(Odd)


def stream_of(event: type[Event]) -> Stream:
    return Stream(topic="events", event=event, event_time="time", windows=())
