"""The contract, read by pydantic, and the decoder derived from it: one verdict, the same values.

For every stream and every released version. What pydantic says is the truth here; how a version
becomes a row, and what is kept of unknown fields, is told once more, with nothing of the reader.
"""

import json
import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from models.decode import Decoder
from models.events import fields_of
from models.streams import EXTRA, Stream
from models.types import storable
from models.validation import FIRST_TIME, LAST_TIME, Limits, Refused
from tests.models.examples import FORMS, NAMES, Form
from tests.models.records import batch_of
from tests.models.spoiling import damaged, events

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LIMITS = Limits(skew_seconds=10**12, retention_seconds=10**12)
DECODERS = {form.stream.topic: Decoder(form.stream, LIMITS) for form in FORMS.values()}


@pytest.mark.parametrize("name", NAMES)
@given(st.data())
def test_decoder_and_contract_agree_on_any_json(name: str, data: st.DataObject) -> None:
    form = FORMS[name]
    value = data.draw(events(form))

    assert by_decoder(form, value) == by_contract(form.stream, value)


@pytest.mark.parametrize("name", NAMES)
@given(st.data())
def test_decoder_and_contract_agree_on_damaged_json(name: str, data: st.DataObject) -> None:
    form = FORMS[name]
    value = data.draw(damaged(form))

    assert by_decoder(form, value) == by_contract(form.stream, value)


ODD = {
    "a lone surrogate": r'"\ud800"',
    "NUL": r'"\u0000"',
    "a backslash before u0000": r'"\\u0000"',
    "300 levels deep": "[" * 300 + "]" * 300,
    "5000 digits": "9" * 5_000,
    "a number that no double reaches": "1e400",
    "a number too small for numeric": "1e-20000",
    "a number that no decimal reaches": "1e99999999999999999999",
    "a whole float": "10.0",
    "true": "true",
    "null": "null",
    "minus zero": "-0",
    "minus zero in full": "-0.0",
    "a zero with many digits": "0e999999",
    "a string that is not a number": '"NaN"',
    "a string that is infinite": '"-Infinity"',
    "a list of 65 letters": json.dumps(["x" * 65]),
    "a list of 33": json.dumps(["x"] * 33),
    "an empty list": "[]",
    "an object": "{}",
}


@pytest.mark.parametrize("written", ODD.values(), ids=ODD)
@pytest.mark.parametrize("name", NAMES)
def test_decoder_and_contract_agree_on_an_odd_value_in_any_field(name: str, written: str) -> None:
    form = FORMS[name]

    for field in [*form.good, "unknown", "session_id", "schema_version"]:
        value = form.written(field, written)
        assert by_decoder(form, value) == by_contract(form.stream, value), field


@given(
    st.lists(
        st.sampled_from(NAMES).flatmap(lambda name: events(FORMS[name])), min_size=1, max_size=6
    )
)
@example([form.event() for form in FORMS.values()])
def test_events_of_all_versions_in_one_batch_read_as_each_does_alone(values: list[bytes]) -> None:
    form = FORMS["media_events 1.0"]

    decoded = DECODERS["media_events"].decode(batch_of(values))

    alone = [by_decoder(form, value) for value in values]
    assert decoded.offsets == [place for place, row in enumerate(alone) if isinstance(row, dict)]
    assert [letter.reason for letter in decoded.dead_letters] == [
        reason for reason in alone if isinstance(reason, str)
    ]


def by_decoder(form: Form, value: bytes) -> dict[str, Any] | str:
    """Give the row, or the reason of the dead letter; the same beside good ones as alone."""
    decoder = DECODERS[form.stream.topic]
    among = decoder.decode(batch_of([form.event(), value, form.event()]))
    decoded = decoder.decode(batch_of([value]))
    assert [letter.reason for letter in among.dead_letters] == [
        letter.reason for letter in decoded.dead_letters
    ]
    if decoded.dead_letters:
        return decoded.dead_letters[0].reason
    assert comparable(column[1] for column in among.columns) == comparable(
        column[0] for column in decoded.columns
    )
    row = dict(
        zip(form.stream.column_names, (column[0] for column in decoded.columns), strict=True)
    )
    if row.get(EXTRA) is not None:
        row[EXTRA] = json.loads(row[EXTRA], parse_float=str)
    return dict(zip(row, comparable(row.values()), strict=True))


def by_contract(stream: Stream, value: bytes) -> dict[str, Any] | str:
    """Say what should come of it: nothing of the program's own reading is asked."""
    try:
        name, contract = version_of(stream, value) if stream.versions else ("", stream.event)
        event = read_by_pydantic(contract, value)
        unknown = unknown_fields(value, set(contract.model_fields)) if stream.keeps_extra else {}
    except Refused as refused:
        return refused.reason
    fields = {
        **dict.fromkeys(stream.event.model_fields),
        **as_stored(name, event, unknown),
    }
    values = [fields[name] for name in stream.event.model_fields]
    if stream.keeps_extra:
        extra = {key: json.loads(bytes(raw), parse_float=str) for key, raw in unknown.items()}
        values.append(extra or None)
    row = dict(zip(stream.column_names, comparable(values), strict=True))
    if not FIRST_TIME <= row[stream.event_time] <= LAST_TIME:
        return "invalid"
    return row


def as_stored(version: str, event: Any, unknown: dict[str, Any]) -> dict[str, Any]:
    """Give the fields of a row by name, as docs/reference/schemas.md says; may take of unknown."""
    fields = {name: getattr(event, name) for name in type(event).model_fields}
    if version == "1.0":
        session = json.loads(bytes(unknown.get("session_id", b"null")))
        if isinstance(session, str) and 1 <= len(session) <= 128 and "\0" not in session:
            fields["session_id"] = session
            del unknown["session_id"]
    if version == "2.0":
        fields["timestamp"] = fields.pop("event_time")
        fields["genre"] = fields.pop("genres")
        fields["duration_seconds"] = fields.pop("duration_ms") // 1_000
        fields["current_timestamp"] = fields.pop("position_ms") / 1_000
    return fields


def read_by_pydantic(contract: type[BaseModel], value: bytes) -> Any:
    """Let pydantic alone judge the fields that it knows; decimals travel as they are written."""
    if not readable(value):
        raise Refused("malformed", "no JSON")
    try:
        written = msgspec.json.decode(value, type=dict[str, msgspec.Raw])
    except msgspec.ValidationError:
        raise Refused("invalid", "no object") from None
    except msgspec.DecodeError:  # a lone surrogate behind a number out of range
        raise Refused("malformed", "no JSON") from None
    decimals = {one.name for one in fields_of(contract) if one.type is Decimal}
    known = {
        name: f'"{raw}"' if name in decimals and raw[:1] in "-0123456789" else raw
        for name, raw in ((name, bytes(raw).decode()) for name, raw in written.items())
        if name in contract.model_fields
    }
    text = ", ".join(f"{json.dumps(name)}: {raw}" for name, raw in known.items())
    try:
        return contract.model_validate_json("{" + text + "}")
    except ValidationError as error:
        # 300 levels or 5,000 digits are JSON that pydantic does not read
        is_read = error.errors()[0]["type"] != "json_invalid"
        raise Refused("invalid" if is_read else "malformed", "not this event") from None


def version_of(stream: Stream, value: bytes) -> tuple[str, type[BaseModel]]:
    """Find the version that an event says, and its contract. Raises Refused."""
    versions = stream.versions
    assert versions is not None
    try:
        event = json.loads(value, parse_int=len)
    except (ValueError, RecursionError):
        event = None
    said = event.get(versions.name, versions.default) if isinstance(event, dict) else None
    form = versions.form(said) if isinstance(said, str) and said else versions.default
    if form is None:
        if not readable(value):
            raise Refused("malformed", "no JSON")
        raise Refused("unknown_schema_version", str(said))
    return form, versions.released[form].contract


def readable(value: bytes) -> bool:
    try:
        value.decode()
        msgspec.json.decode(value)
    except msgspec.ValidationError:  # a number out of range, before it has seen all
        return is_json(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def is_json(value: bytes) -> bool:
    try:
        json.loads(value, parse_int=str, parse_float=str, parse_constant=refuse)
    except (ValueError, RecursionError):
        return False
    return True


def refuse(constant: str) -> None:
    raise ValueError(constant)


def unknown_fields(value: bytes, known: set[str]) -> dict[str, Any]:
    """Give what jsonb can hold. Raises Refused: NUL, and numbers that no double reaches."""
    found = msgspec.json.decode(value, type=dict[str, msgspec.Raw])
    unknown = {name: written for name, written in found.items() if name not in known}
    try:
        for name, written in unknown.items():
            check_storable(name)
            check_storable(json.loads(bytes(written), parse_float=number))
    except ValueError as error:
        raise Refused("invalid", str(error)) from error
    return unknown


def number(written: str) -> float:
    # what PostgreSQL's numeric holds, which jsonb keeps numbers in
    if math.isinf(float(written)):
        raise ValueError("out of range")
    digits, _, exponent = written.lower().partition("e")
    if abs(len(digits.partition(".")[2]) - int(exponent or 0)) > 16_383:
        raise ValueError("too many decimals")
    return float(written)


def check_storable(value: Any) -> None:
    match value:
        case str():
            storable(value)
        case list():
            for item in value:
                check_storable(item)
        case dict():
            for name, item in value.items():
                check_storable(name)
                check_storable(item)


def comparable(values: Any) -> list[Any]:
    return [
        (value - EPOCH) // timedelta(microseconds=1)
        if isinstance(value, datetime)
        else (value, value.as_tuple().exponent)  # 0 is -0
        if isinstance(value, Decimal)
        else value
        for value in values
    ]
