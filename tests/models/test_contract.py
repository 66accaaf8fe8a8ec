"""The contract and the fast decoder that is derived from it come to the same verdict and values."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import pytest
from hypothesis import example, given
from pydantic import BaseModel, Field, ValidationError

from models.content_sessions import CONTENT_SESSIONS, ContentSession
from models.contract import fast
from models.decode import Decoder
from models.refusals import Limits
from tests.models.records import batch_of, heartbeat
from tests.models.spoiling import FIELDS, damaged_heartbeats, heartbeats

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ANY_TIME = Limits(skew_seconds=10**12, retention_seconds=10**12)
DECODER = Decoder(CONTENT_SESSIONS, ANY_TIME)


@given(heartbeats())
@example(heartbeat())
@example(heartbeat(asn=2**63))
@example(heartbeat(channel="n\0ws"))
@example(heartbeat(unknown="n\0ws"))
@example(heartbeat(unknown=[[[[{}]]]]))
def test_decoder_and_contract_agree_on_any_json(value: bytes) -> None:
    assert by_decoder(value) == by_contract(value)


@given(damaged_heartbeats())
@example(heartbeat(unknown="x").replace(b'"x"', b'"\xff"'))
@example(heartbeat(unknown="x").replace(b'"x"', rb'"\ud800"'))
@example(heartbeat(unknown="x").replace(b'"x"', rb'"\ud800\u0000"'))
@example(heartbeat(channel="x").replace(b'"x"', rb'"\udc00"'))
def test_decoder_and_contract_agree_on_damaged_json(value: bytes) -> None:
    assert by_decoder(value) == by_contract(value)


@pytest.mark.parametrize(
    ("written", "microseconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.1Z", 100_000),
        ("1970-01-01T00:00:00.123Z", 123_000),
        ("1970-01-01T00:00:00.123456Z", 123_456),
        ("1970-01-01T00:00:00.123456499Z", 123_456),
        ("1970-01-01T00:00:00.123456789Z", 123_457),
        ("1970-01-01T00:00:00.999999999Z", 1_000_000),
        ("1970-01-01T05:30:00+05:30", 0),
        ("1969-12-31T20:00:00.000001-04:00", 1),
        ("1969-12-31T23:59:59.999999Z", -1),
    ],
)
def test_times_of_go_and_javascript_are_read_to_the_microsecond(
    written: str, microseconds: int
) -> None:
    read = by_decoder(heartbeat(written))

    assert read is not None
    assert read["time"] == microseconds


def test_a_bound_that_the_decoder_cannot_check_is_refused() -> None:
    class Event(BaseModel):
        count: Annotated[int, Field(multiple_of=3)]

    with pytest.raises(TypeError, match=r"field count: .* has no fast check"):
        fast(Event)


def by_decoder(value: bytes) -> dict[str, Any] | None:
    decoded = DECODER.decode(batch_of([value]))
    if not decoded.offsets:
        return None
    return {name: values[0] for name, values in zip(FIELDS, decoded.columns, strict=True)}


def by_contract(value: bytes) -> dict[str, Any] | None:
    try:
        event = ContentSession.model_validate_json(value)
    except ValidationError:
        return None
    fields = {name: getattr(event, name) for name in FIELDS}
    return fields | {"time": (event.time - EPOCH) // timedelta(microseconds=1)}
