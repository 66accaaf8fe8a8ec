"""A request becomes lines, each read or refused by itself."""

import json
from collections.abc import Iterable
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.cmcd import lines
from edge.cmcd.lines import Line, Read, Refused, TooManyLinesError

EVENT = 'e=t,sid="s-1",ts=1795600000000,v=2'


def only(found: Iterable[Line]) -> Line:
    (line,) = found
    return line


def test_a_bad_line_refuses_none_of_its_neighbours() -> None:
    body = f'{EVENT},sn=1\nbr=,sid="s-1"\n\r\n{EVENT},sn=2\r\ne=t,sid="s-1",ts=1,br="much"\n'

    first, malformed, second, invalid = lines.of_body(body.encode())

    assert isinstance(first, Read)
    assert first.members["sn"] == 1
    assert isinstance(second, Read)
    assert second.members["sn"] == 2
    assert isinstance(malformed, Refused)
    assert (malformed.reason, malformed.raw) == ("malformed", b'br=,sid="s-1"')
    assert isinstance(invalid, Refused)
    assert (invalid.reason, invalid.detail) == (
        "invalid",
        "br: expected a number, not negative",
    )


@pytest.mark.parametrize(
    ("said", "detail"),
    [
        pytest.param("br=1", "sid: is missing", id="no session"),
        pytest.param('sid=""', "sid: empty", id="a session without a name"),
        pytest.param(f'sid="{"s" * 65}"', "sid: longer than 64", id="a long session"),
        pytest.param(f'sid="s",cid="{"c" * 129}"', "cid: longer than 128", id="a long content"),
        pytest.param('sid="s",bl=-1', "bl: expected a number, not negative", id="negative"),
        pytest.param('sid="s",d=4.5', "d: expected a whole number", id="half a millisecond"),
        pytest.param('sid="s",bs=1', "bs: expected a boolean", id="1 for true"),
        pytest.param('sid="s",br', "br: expected a number", id="true for a number"),
        pytest.param('sid="s",br=()', "br: an empty list", id="an empty list"),
        pytest.param('sid="s",ot=x', "ot: expected one of a, av, c, i", id="an unknown type"),
        pytest.param('sid="s",v=3', "v: expected 1 or 2", id="version 3"),
        pytest.param('sid="s",v', "v: expected 1 or 2", id="version true"),
        pytest.param(f'sid="s",a-b="{"x" * 65}"', "a-b: longer than 64", id="a long custom value"),
        pytest.param('sid="s",rc=404', "rc: only a response", id="a response's key elsewhere"),
    ],
)
def test_what_keys_may_not_hold(said: str, detail: str) -> None:
    line = lines.of_query("CMCD=" + said.replace("=", "%3D"))

    assert isinstance(line, Refused)
    assert line.reason == "invalid"
    assert line.detail.startswith(detail)


@pytest.mark.parametrize("missing", ["e=t", "ts=1795600000000"])
def test_an_event_needs_its_kind_and_its_time(missing: str) -> None:
    line = only(lines.of_body(EVENT.replace(missing + ",", "").encode()))

    assert isinstance(line, Refused)
    assert line.detail == "e, ts: an event needs both"


def test_keys_of_times_to_come_and_of_others_are_no_mistake() -> None:
    line = only(lines.of_body(f'{EVENT},zz=7,com.example-k="x",e=h'.encode()))

    assert isinstance(line, Read)


@pytest.mark.parametrize(
    "query",
    [
        "CMCD=br%3D(3200%3Bv%20128%3Ba)%2Csid%3D%22a%2Bb%25%22",
        "CMCD=br%3D%283200%3Bv+128%3Ba%29%2Csid%3D%22a%2Bb%25%22",
        'x=1&CMCD=br=(3200;v 128;a),sid="a%2bb%25"&y=CMCD',
    ],
)
def test_a_query_in_any_escaping(query: str) -> None:
    line = lines.of_query(query)

    assert isinstance(line, Read)
    assert line.members == {"br": ((3200, "v"), (128, "a")), "sid": "a+b%"}


@pytest.mark.parametrize("query", ["", "a=b", "cmcd=sid%3D%22s%22", "XCMCD=1"])
def test_a_query_without_it(query: str) -> None:
    assert lines.of_query(query) is None


def test_a_query_with_two_of_it_is_refused() -> None:
    line = lines.of_query("CMCD=sid%3D%22s%22&CMCD=sid%3D%22t%22")

    assert isinstance(line, Refused)
    assert line.detail == "CMCD is there more than once"


def test_headers_are_one_dictionary() -> None:
    line = lines.of_headers(
        {"cmcd-session": 'sid="s-1",v=2', "cmcd-object": "br=(3200),ot=v", "accept": "*/*"}
    )

    assert isinstance(line, Read)
    assert line.members == {"br": ((3200, ""),), "ot": "v", "sid": "s-1", "v": 2}
    assert lines.of_headers({"accept": "*/*"}) is None


@pytest.mark.parametrize("is_array", [False, True])
def test_json_says_the_same_as_a_dictionary(*, is_array: bool) -> None:
    said = {
        "sid": "s-1", "v": 2, "bs": True, "ot": "v", "ec": ["404"], "bl": None,
        "br": [{"value": 3200, "params": {"v": True}}, {"value": 128, "params": {"a": True}}],
    }  # fmt: skip

    line = only(lines.of_json(json.dumps([said] if is_array else said).encode()))

    assert isinstance(line, Read)
    assert line.members == {
        "sid": "s-1", "v": 2, "bs": True, "ot": "v", "ec": (("404", ""),),
        "br": ((3200, "v"), (128, "a")),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"{", "malformed"),
        (b"\xff", "malformed"),
        (b"[" * 100_000, "malformed"),
        (b"7", "invalid"),
        (b'{"sid": {"value": [1]}}', "invalid"),
        (b'{"sid": "s\\u0000"}', "invalid"),
        (b'{"sid": "s", "br": 1e999999999}', "invalid"),
        (b'{"sid": "s", "br": [[1]]}', "invalid"),
        (b'{"sid": "s", "br": {"value": 1, "params": 2}}', "invalid"),
        (b'{"sid": "%b"}' % (b"s" * 20_000), "too_large"),
    ],
)
def test_json_that_is_none_of_it(body: bytes, reason: str) -> None:
    line = only(lines.of_json(body))

    assert isinstance(line, Refused)
    assert line.reason == reason


def test_what_is_too_much_is_refused() -> None:
    long = only(lines.of_body(b'sid="' + b"s" * lines.LONGEST_LINE + b'"'))

    assert isinstance(long, Refused)
    assert long.reason == "too_large"
    with pytest.raises(TooManyLinesError, match="1001 lines; send 1000"):
        lines.of_body(b"a\n" * 1_001)
    with pytest.raises(TooManyLinesError):
        lines.of_json(b"[" + b"{}," * 1_000 + b"{}]")


@given(st.binary(max_size=200))
def test_no_bytes_are_too_strange(body: bytes) -> None:
    for line in (*lines.of_body(body), *lines.of_json(body)):
        assert isinstance(line, Refused) or "sid" in line.members


@given(st.text(max_size=100))
def test_no_text_is_too_strange(text: str) -> None:
    lines.of_query("CMCD=" + text)
    lines.of_headers({"cmcd-status": text})


ESCAPES = st.sampled_from([*"%2535DCcd=,a+ ", "%25", "%3D", "%2C", "%22", "%C3%A9", "%G"])


@given(st.lists(ESCAPES, max_size=12).map("".join))
def test_escapes_stand_for_what_the_standard_library_says(text: str) -> None:
    line = lines.of_query(f"CMCD={text}")

    assert line is not None
    assert line.raw == unquote(text.replace("+", " ")).encode(errors="replace")
