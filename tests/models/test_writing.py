"""A row that is written as an event is read as the same row."""

import json
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest

from models.all import STREAMS
from models.parsing import Reader, Values
from models.streams import Stream
from models.validation import Limits
from models.writing import EventWriter, UnknownVersionError
from tests.models.examples import FORMS, Form
from tests.sinks.random_events import event

MEDIA = STREAMS["media_events"]


def row_of(stream: Stream, payload: bytes) -> dict[str, Any]:
    return dict(zip(stream.column_names, read(stream, payload), strict=True))


def write(stream: Stream, rows: Sequence[dict[str, Any]], upcast: str | None = None) -> list[bytes]:
    columns = {name: [row[name] for row in rows] for name in stream.column_names}
    return EventWriter(stream, upcast).write(columns)


def read(stream: Stream, payload: bytes) -> Values:
    return Reader(stream, Limits()).one(payload)


@pytest.mark.parametrize("stream", STREAMS.values(), ids=lambda stream: stream.topic)
def test_random_rows_come_out_as_they_were(stream: Stream) -> None:
    random = Random(20261125)
    events = [event(stream, random) for _ in range(200)]
    rows = [row_of(stream, one) for one in events]

    written = write(stream, rows)

    assert [row_of(stream, one) for one in written] == rows


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_unknown_fields_go_along(form: Form) -> None:
    payload = form.event(of_ours={"a": [1.5, "x"]}, another=12345678901234567890)

    [written] = write(form.stream, [row_of(form.stream, payload)])

    assert read(form.stream, written) == read(form.stream, payload)


def test_a_session_that_a_1_0_named_is_kept_and_an_odd_one_stays_unknown() -> None:
    form = FORMS["media_events 1.0"]
    for payload in (form.event(session_id="s-9"), form.event(session_id=9)):
        [written] = write(MEDIA, [row_of(MEDIA, payload)])
        assert read(MEDIA, written) == read(MEDIA, payload)


def test_old_forms_are_brought_to_the_version_that_is_named() -> None:
    payload = FORMS["media_events 1.1"].event()

    [written] = write(MEDIA, [row_of(MEDIA, payload)], "2.0")

    event = json.loads(written)
    assert (event["schema_version"], event["position_ms"]) == ("2.0", 120_500)
    assert row_of(MEDIA, written) == row_of(MEDIA, payload) | {"schema_version": "2.0"}


def test_a_newer_one_stays_as_it_is() -> None:
    payload = FORMS["media_events 2.0"].event()

    [written] = write(MEDIA, [row_of(MEDIA, payload)], "1.1")

    assert read(MEDIA, written) == read(MEDIA, payload)


def test_an_event_is_brought_up_from_its_bytes_and_what_is_none_stays() -> None:
    payload = FORMS["media_events 1.1"].event()
    writer = EventWriter(MEDIA, "2.0")

    assert row_of(MEDIA, writer.brought_up(payload))["schema_version"] == "2.0"
    for other in (b"{", b'{"schema_version": "7.0"}', FORMS["media_events 2.0"].event()):
        assert writer.brought_up(other) == other
    assert EventWriter(MEDIA).brought_up(payload) == payload


def test_an_unknown_version_is_told() -> None:
    with pytest.raises(UnknownVersionError, match=r"only 1\.0, 1\.1, 2\.0"):
        EventWriter(MEDIA, "9.0")
    with pytest.raises(UnknownVersionError, match="no versions"):
        EventWriter(STREAMS["purchases"], "1.0")
