"""What a declaration of a stream turns into."""

from typing import Annotated, Any

import pytest
from pydantic import Field

from models.content_sessions import CONTENT_SESSIONS
from models.events import Event
from models.streams import Stream
from models.types import EventTime, Text
from models.windows import Max, Measure, Sum, Window


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
        ("buffer_ms", "int4"),
        ("rebuffer_ms", "int4"),
        ("throughput_kbps", "int4"),
        ("errors", "int4"),
        ("startup_ms", "int4"),
        ("player", "text"),
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


class Weighed(Event):
    time: EventTime
    name: Annotated[Text, Field(max_length=64)]
    seen_at: EventTime
    grams: Annotated[int, Field(ge=0, le=2**62)]
    owed: Annotated[int, Field(ge=-(10**13), le=10**13)]
    volume: Annotated[float, Field(ge=0, le=1)]


def weighed(*measures: Measure, key: str = "name", seconds: int = 60) -> Stream:
    window = Window("by_name", keys=(key,), measures=measures, seconds=seconds)
    return Stream(topic="weighed", event=Weighed, event_time="time", windows=(window,))


@pytest.mark.parametrize(
    ("measure", "why"),
    [
        (Sum("sum", of=("grams",)), "600,000 events of 4611686018427387904 leave the int8: say "),
        (Sum("sum", of=("volume",)), "'volume' is float8: say kind='float8'"),
        (Max("last", of=("seen_at",)), "'seen_at' is timestamptz"),
    ],
)
def test_a_measure_that_would_not_fit_its_column_is_refused(measure: Measure, why: str) -> None:
    with pytest.raises(TypeError, match=f"window by_name: measure '.*': {why}"):
        weighed(measure)


def test_a_sum_that_fits_a_minute_may_not_fit_a_day() -> None:
    weighed(Sum("owed", of=("owed",)))

    with pytest.raises(TypeError, match="864,000,000 events of 10000000000000 leave the int8"):
        weighed(Sum("owed", of=("owed",)), seconds=86_400)


@pytest.mark.parametrize(
    "measure",
    [
        Sum("sum", of=("grams",), kind="numeric"),
        Sum("sum", of=("grams",), value=lambda grams: grams // 1_000),
        Max("heaviest", of=("grams",)),
        Sum("volume", of=("volume",), kind="float8"),
        Sum("events"),
    ],
)
def test_a_measure_that_fits_is_taken(measure: Measure) -> None:
    assert weighed(measure).windows


def test_a_time_is_no_key() -> None:
    with pytest.raises(TypeError, match="key 'seen_at' is timestamptz, which is no key"):
        weighed(Sum("events"), key="seen_at")


def stream_of(event: type[Event]) -> Stream:
    return Stream(topic="events", event=event, event_time="time", windows=())
