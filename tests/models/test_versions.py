"""Every released version of `MediaEvent` becomes the same row."""

import json
from typing import Any

import pytest

from models.decode import Decoder
from models.media_events import MEDIA_EVENTS
from models.validation import Limits
from models.versions import Version, Versions
from tests.models.examples import FORMS
from tests.models.records import batch_of

OLDEST, ROW, NEWEST = (FORMS[f"media_events {version}"] for version in ("1.0", "1.1", "2.0"))
DELIVERY = ("session_id", "bitrate_kbps", "cdn")


def read(*values: bytes) -> list[dict[str, Any]]:
    decoded = Decoder(MEDIA_EVENTS, Limits()).decode(batch_of(values))
    assert not decoded.dead_letters
    rows = zip(*decoded.columns, strict=True)
    return [dict(zip(MEDIA_EVENTS.column_names, row, strict=True)) for row in rows]


def test_version_1_0_knows_nothing_of_the_delivery() -> None:
    old, row = read(OLDEST.event(), ROW.event())

    assert [old[name] for name in DELIVERY] == [None, None, None]
    assert old == row | dict.fromkeys(DELIVERY) | {"schema_version": "1.0"}


def test_version_2_0_becomes_seconds_and_a_duration_is_rounded_down() -> None:
    new, row = read(NEWEST.event(duration_ms=9_180_999, position_ms=120_500), ROW.event())

    assert new == row | {"genre": ("drama",), "schema_version": "2.0"}
    assert (new["duration_seconds"], new["position_seconds"]) == (9_180, 120.5)


@pytest.mark.parametrize("form", [OLDEST, ROW, NEWEST], ids=["1.0", "1.1", "2.0"])
def test_unknown_fields_are_kept_as_they_were_written(form: Any) -> None:
    value = form.written("score", '{"points": 1.10, "of": 12345678901234567890}')

    [row] = read(value)

    assert row["extra"] == b'{"score":{"points": 1.10, "of": 12345678901234567890}}'


@pytest.mark.parametrize(
    ("written", "session_id", "extra"),
    [
        pytest.param('"s-9"', "s-9", None, id="a session"),
        pytest.param('""', None, '""', id="nothing"),
        pytest.param("null", None, "null", id="null"),
        pytest.param("7", None, "7", id="a number"),
        pytest.param(json.dumps("x" * 129), None, json.dumps("x" * 129), id="too long"),
    ],
)
def test_the_session_that_senders_of_1_0_added_is_lifted_where_it_is_one(
    written: str, session_id: str | None, extra: str | None
) -> None:
    [row] = read(OLDEST.written("session_id", written))

    assert row["session_id"] == session_id
    assert row["extra"] == (f'{{"session_id":{extra}}}'.encode() if extra else None)


def test_an_event_that_says_no_version_is_1_0() -> None:
    [row] = read(OLDEST.without("schema_version"))

    assert row["schema_version"] == "1.0"


def test_all_versions_in_one_batch_stay_in_their_order() -> None:
    forms = [NEWEST, OLDEST, ROW, OLDEST, NEWEST]

    rows = read(*(form.event(event_id=f"e-{place}") for place, form in enumerate(forms)))

    assert [row["event_id"] for row in rows] == ["e-0", "e-1", "e-2", "e-3", "e-4"]
    assert [row["schema_version"] for row in rows] == ["2.0", "1.0", "1.1", "1.0", "2.0"]


@pytest.mark.parametrize(
    ("said", "form"),
    [
        ("1.0", "1.0"),
        ("1.9", "1.9"),
        ("1.10", "1.10"),
        ("1.11", "1.10"),
        ("2.3", "2.0"),
        ("3.0", None),
        ("0.1", None),
        ("1", None),
        ("1.0.0", None),
        ("01.0", None),
        ("1.0 ", None),
        ("1.\u0663", None),
        ("", None),
    ],
)
def test_an_unknown_minor_version_is_read_as_the_newest_known_one(
    said: str, form: str | None
) -> None:
    contract = Version(MEDIA_EVENTS.event)
    released = dict.fromkeys(["1.10", "1.0", "2.0", "1.9"], contract)

    versions = Versions("schema_version", "1.0", released)

    assert versions.form(said) == form
    assert versions.ordered == ("1.0", "1.9", "1.10", "2.0")
