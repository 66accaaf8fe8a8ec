"""Heartbeats with something wrong: strategies for hypothesis."""

import json
from datetime import datetime
from typing import Any

from hypothesis import strategies as st

from models.content_sessions import ContentSession
from tests.models.records import heartbeat

FIELDS = tuple(ContentSession.model_fields)

# NaN and Infinity, which are not JSON, have tests of their own: pydantic would let them pass
_numbers = st.one_of(
    st.integers(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0, 1, 10, 3_600, 3_601, 1_000_000, 2**32 - 1, 2**32, 2**63, -1, 1.0, 1e3]),
)
_texts = st.one_of(
    st.text(max_size=130),
    st.sampled_from(["", "\0", "a\0b", "x" * 64, "x" * 65, "x" * 128, "x" * 129, "😀", "\x7f"]),
)


_ODD_OFFSETS = ["z", "+24:00", "+0200", "", " UTC"]


@st.composite
def times(draw: st.DrawFn) -> str:
    """Make RFC 3339 as Go, JavaScript and others write it, and what nearly is."""
    at = draw(st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)))  # noqa: DTZ001 - an offset follows
    fraction = draw(st.just("") | st.from_regex(r"\.[0-9]{1,9}|[.,][0-9]?", fullmatch=True))
    offset = draw(st.sampled_from(["Z", "+05:30", "-23:59"]) | st.sampled_from(_ODD_OFFSETS))
    separator = draw(st.sampled_from("TTTt "))
    return f"{at.year:04}-{at:%m-%d}{separator}{at:%H:%M:%S}{fraction}{offset}"


_values = st.recursive(
    st.one_of(st.none(), st.booleans(), _numbers, _texts, times()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def heartbeats(draw: st.DrawFn) -> bytes:
    """Make a heartbeat with fields that are wrong, missing, unknown or there twice; often good."""
    event: dict[str, Any] = {**json.loads(heartbeat(draw(times()))), "heartbeat_seconds": 10}
    event |= draw(st.dictionaries(st.sampled_from(FIELDS), _values, max_size=1))
    missing = draw(st.none() | st.sampled_from([None, *FIELDS]))
    pairs = [(name, value) for name, value in event.items() if name != missing]
    pairs += draw(st.lists(st.tuples(st.sampled_from(FIELDS) | _texts, _values), max_size=1))
    return _as_json(draw(st.permutations(pairs)), ascii_only=draw(st.booleans()))


@st.composite
def damaged_heartbeats(draw: st.DrawFn) -> bytes:
    """Make a heartbeat of which some bytes were cut out and others put in."""
    value = draw(heartbeats())
    begin = draw(st.integers(0, len(value)))
    end = draw(st.integers(begin, min(begin + 5, len(value))))
    return value[:begin] + draw(st.binary(max_size=3)) + value[end:]


def _as_json(pairs: list[tuple[str, Any]], *, ascii_only: bool) -> bytes:
    # by hand, as a dict cannot hold a name twice
    members = (
        f"{json.dumps(name, ensure_ascii=ascii_only)}:{json.dumps(value, ensure_ascii=ascii_only)}"
        for name, value in pairs
    )
    return f"{{{','.join(members)}}}".encode()
