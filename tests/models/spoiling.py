"""Events with something wrong: strategies for hypothesis."""

import json
from datetime import datetime
from typing import Any

from hypothesis import strategies as st

from tests.models.examples import FORMS, Form


class Written(str):
    """Characters that stand in the JSON as they are: numbers that Python would write otherwise."""

    __slots__ = ()


# NaN and Infinity, which are not JSON, have tests of their own: pydantic would let them pass
_numbers = st.one_of(
    st.integers(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0, 1, 10, 3_600, 3_601, 1_000_000, 2**32 - 1, 2**32, 2**63, -1, 1.0, 1e3]),
)
_decimals = st.one_of(
    st.from_regex(r"-?(0|[1-9][0-9]{0,13})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?", fullmatch=True),
    st.decimals("0", "1000000000000", places=4).map(str),
    st.sampled_from(
        ["0e0", "-0", "-0.0", "0.00", "1.50000000000000000000", "1E+5", "1e5", "1e400", "1e-400"]
    ),
    st.sampled_from(["1000000000000", "1000000000000.1", "0.000000000001", "0.0000000000001"]),
    st.sampled_from(["123456789012345678901234567890.1", "0.1000000000000000055511151231257827"]),
    # beyond what a numeric and what a Decimal holds
    st.builds(
        "{}e{}{}".format,
        st.sampled_from(["0", "1", "0.1"]),
        st.sampled_from(["", "-"]),
        st.sampled_from(["20000", "999999999", "9" * 20]),
    ),
)
_spelled = st.one_of(
    st.sampled_from(["NaN", "sNaN", "-NaN", "NaN123", "Infinity", "-inf", "inf"]),
    st.sampled_from(["1_000", "\u0661", "1,5", "+1.5", ".5", "5.", "0x10", "1e", "1e5_0", "007"]),
    st.sampled_from([" 1.5", "1.5 ", "\t1", "1 000", "", "1\n", "\u00a01"]),
)
_texts = st.one_of(
    st.text(max_size=130),
    st.sampled_from(["", "\0", "a\0b", "x" * 64, "x" * 65, "x" * 128, "x" * 129, "😀", "\x7f"]),
    st.sampled_from(["play", "stop", "sell", "view", "ad", "episode"]),
    st.sampled_from(["DE", "de", "XX", "UK", "EUR", "JPY", "KWD", "XXX", "eur"]),
    st.sampled_from(["192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1", "fe80::1%eth0", "1.2.3"]),
    st.sampled_from(
        ["1.0", "1.1", "1.2", "1.10", "2.0", "2.7", "3.0", "1", "1.0.0", "01.0", "1.\u0663"]
    ),
)
_escaped = st.sampled_from(
    [r'"\ud800"', r'"\u0000"', r'"\ud83d\ude00"', r'"\\u0000"', r'"\\\u0000"', r'"\\ud800"']
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


_plain = st.one_of(
    st.none(),
    st.booleans(),
    _numbers,
    _texts,
    _spelled,
    times(),
    _decimals,
    _decimals.map(Written),
    _escaped.map(Written),
)
values = st.recursive(
    _plain,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def events(draw: st.DrawFn, form: Form) -> bytes:
    """Make an event with fields that are wrong, missing, unknown or there twice; often good."""
    names = st.sampled_from(list(form.good))
    event = {**form.good, **draw(st.dictionaries(names, values, max_size=1))}
    missing = draw(st.none() | st.sampled_from([None, *form.good]))
    pairs = [(name, value) for name, value in event.items() if name != missing]
    pairs += draw(st.lists(st.tuples(names | _texts, values), max_size=2))
    return as_json(draw(st.permutations(pairs)), ascii_only=draw(st.booleans()))


@st.composite
def damaged(draw: st.DrawFn, form: Form) -> bytes:
    """Make an event of which some bytes were cut out and others put in."""
    value = draw(events(form))
    begin = draw(st.integers(0, len(value)))
    end = draw(st.integers(begin, min(begin + 5, len(value))))
    return value[:begin] + draw(st.binary(max_size=3)) + value[end:]


def heartbeats() -> st.SearchStrategy[bytes]:
    return events(FORMS["content_sessions"])


def damaged_heartbeats() -> st.SearchStrategy[bytes]:
    return damaged(FORMS["content_sessions"])


def as_json(pairs: list[tuple[str, Any]], *, ascii_only: bool = True) -> bytes:
    """Write an object by hand, as a dict cannot hold a name twice."""

    def written(value: Any) -> str:
        match value:
            case Written():
                return str(value)
            case dict():
                inner = (f"{written(key)}:{written(item)}" for key, item in value.items())
                return f"{{{','.join(inner)}}}"
            case list():
                return f"[{','.join(map(written, value))}]"
        return json.dumps(value, ensure_ascii=ascii_only)

    members = (f"{written(name)}:{written(value)}" for name, value in pairs)
    return f"{{{','.join(members)}}}".encode()
