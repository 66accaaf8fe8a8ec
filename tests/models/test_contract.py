"""What the fast decoder that is derived from a contract reads, and what it cannot be derived from.

That the two agree: test_agreement.py.
"""

from typing import Annotated, Any

import pytest
from pydantic import AfterValidator, Field, create_model

from models.content_sessions import CONTENT_SESSIONS
from models.contract import fast
from models.decode import Decoder
from models.validation import Limits
from tests.models.records import batch_of, heartbeat

DECODER = Decoder(CONTENT_SESSIONS, Limits(skew_seconds=10**12, retention_seconds=10**12))


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
    decoded = DECODER.decode(batch_of([heartbeat(written)]))

    assert list(decoded.columns[0]) == [microseconds]


@pytest.mark.parametrize(
    ("declared", "complaint"),
    [
        pytest.param(Annotated[int, Field(multiple_of=3)], "has no fast check", id="a bound"),
        pytest.param(str, "use models.types.Text", id="plain text"),
        pytest.param(tuple[str, ...], "use models.types.Text", id="plain text in a list"),
        pytest.param(tuple[int, str], "any length", id="a tuple of a length"),
        pytest.param(
            tuple[Annotated[str, AfterValidator(str.upper)], ...],
            "a check of its items",
            id="a check of a list's items",
        ),
    ],
)
def test_what_the_decoder_cannot_check_is_refused(declared: Any, complaint: str) -> None:
    event = create_model("Odd", count=declared)

    with pytest.raises(TypeError, match=rf"field count.*{complaint}"):
        fast(event)
