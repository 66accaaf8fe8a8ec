"""What the fast reading takes, http-sf takes for the same; what it refuses, http-sf refuses."""

from decimal import Decimal
from typing import Any

import http_sf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.cmcd.dictionary import (
    NotADictionaryError,
    Value,
    parse,
    parse_by_the_rfc,
    plain_reader,
)
from edge.cmcd.keys import WrongValueError, check, is_right

KEYS = st.from_regex(r"[a-z*][a-z0-9_.*-]{0,8}", fullmatch=True)
INTEGERS = st.integers(-(10**15) + 1, 10**15 - 1)
TEXTS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=60)
TOKENS = st.from_regex(r"[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]{0,8}", fullmatch=True)
DECIMALS = st.decimals(-999, 999, places=3, allow_nan=False)
SCALARS = st.one_of(INTEGERS, TEXTS, TOKENS.map(http_sf.Token), DECIMALS, st.booleans())
ITEMS = st.tuples(SCALARS, st.dictionaries(KEYS, st.one_of(st.booleans(), INTEGERS), max_size=2))
VALUES = st.one_of(SCALARS, st.lists(ITEMS, max_size=4))
ALPHABET = st.sampled_from([*'abv1290-.=,;()"\\ \t?:%@*/', "br=", "bs", '"x"', "?1", "é"])


READ_RIGHT = plain_reader(is_right)


def read(parser: Any, text: str) -> dict[str, Value] | None:
    try:
        found: dict[str, Value] = parser(text)
    except NotADictionaryError:
        return None
    return found


@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=6))
def test_what_http_sf_writes_is_read_as_it_was_meant(said: dict[str, Any]) -> None:
    text = http_sf.ser(said)

    found = parse(text)

    assert found == parse_by_the_rfc(text)
    assert list(found) == list(said)


@given(st.lists(ALPHABET, max_size=24).map("".join))
def test_both_ways_agree_on_anything(text: str) -> None:
    found, judged = read(parse, text), read(parse_by_the_rfc, text)

    assert found == judged
    if found is not None and judged is not None:
        assert {k: type(v) for k, v in found.items()} == {k: type(v) for k, v in judged.items()}


MEMBERS = [
    "br=1",
    "br=-1",
    "br=x",
    "bs",
    "bs=?0",
    "ot=v",
    "ot=q",
    "d=1.5",
    "br=(1;v)",
    "br=(-1;v)",
    "pr=1.08",
    "v=3",
    "x-y=1",
    "zz=?2",
]


@given(st.lists(st.sampled_from([*MEMBERS, 'sid="s"', 'sid=""']), min_size=1, max_size=6))
def test_reading_and_checking_at_once_agrees_with_one_after_the_other(parts: list[str]) -> None:
    at_once, by_the_rfc = READ_RIGHT(",".join(parts)), read(parse_by_the_rfc, ",".join(parts))

    if at_once is not None:
        assert at_once == by_the_rfc
        check(at_once)
    elif by_the_rfc is not None:
        # a wrong value that a later one replaces is left to the slow way as well
        members = [member for part in parts for member in parse_by_the_rfc(part).items()]
        assert not all(is_right(key, value) for key, value in members)


def test_a_remembered_member_is_wrong_every_time() -> None:
    for _ in range(2):
        assert READ_RIGHT("br=3200,ot=nothing") is None
        with pytest.raises(WrongValueError):
            check(parse("br=3200,ot=nothing"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            'bl=21300,bs,cid="f-1",ot=v,pr=1.08,bg=?0',
            {"bl": 21300, "bs": True, "cid": "f-1", "ot": "v", "pr": Decimal("1.08"), "bg": False},
            id="version 1",
        ),
        pytest.param("br=(3200;v 128;a)", {"br": ((3200, "v"), (128, "a"))}, id="by type"),
        pytest.param('nor=("a.m4s";r="0-9")', {"nor": (("a.m4s", "r"),)}, id="a range"),
        pytest.param('cid="a, \\"b\\""', {"cid": 'a, "b"'}, id="commas and quotes"),
        pytest.param('cid=""', {"cid": ""}, id="an empty string"),
        pytest.param("br=1,br=2", {"br": 2}, id="the last of two"),
        pytest.param("br=1 , \tbs", {"br": 1, "bs": True}, id="spaces"),
        pytest.param("", {}, id="nothing"),
    ],
)
def test_dictionaries(text: str, expected: dict[str, Value]) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    "text",
    ["br=", "br=1,", ",br=1", "br=(1", "BR=1", 'cid="a', "br=1.2345", "br==1", "cid='a'", "ü=1"],
)
def test_no_dictionaries(text: str) -> None:
    with pytest.raises(NotADictionaryError):
        parse(text)
