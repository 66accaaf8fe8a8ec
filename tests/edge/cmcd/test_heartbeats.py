"""What a line of CMCD becomes: a heartbeat that the contract takes, nothing, or a refusal."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.cmcd.heartbeats import Heartbeat, Passed, Sender, Viewing, heartbeat
from edge.cmcd.lines import Line, Read, Refused, of_body, of_json, of_query
from models.content_sessions import CONTENT_SESSIONS
from models.parsing import Reader
from models.validation import Limits

NOW = datetime(2026, 11, 25, 22, 0, tzinfo=UTC)
SENDER = Sender(NOW, platform="web", player="hls.js", asn=3320, cdn="Akamai")
VIEWING = Viewing(interval_seconds=30)
EVENT = 'e=t,sid="s-1",ts=1795600000123,v=2'
REQUEST = 'sid="s-1",ot=v,d=4000,br=3200'


def event(said: str) -> Line:
    (line,) = of_body(said.encode())
    return line


def request(said: str) -> Line:
    line = of_query("CMCD=" + said)
    assert line is not None
    return line


def made(line: Line, viewing: Viewing = VIEWING) -> dict[str, Any]:
    assert isinstance(line, Read), line
    found = heartbeat(line, SENDER, viewing)
    assert isinstance(found, Heartbeat), found
    read: dict[str, Any] = msgspec.json.decode(found.value)
    return read


def test_an_interval_is_a_heartbeat_with_all_that_it_says() -> None:
    line = event(
        f'{EVENT},cid="film",cdn="Fastly",h="e1.example",br=(3200;v 128;a),bl=(8000;a 9000;v),'
        "mtp=(25400),bsd=(1200;v 300),msd=812,sta=p,sn=7"
    )

    assert made(line) == {
        "time": "2026-11-25T09:46:40.123000Z",
        "session_id": "s-1",
        "platform": "web",
        "channel": "film",
        "asn": 3320,
        "current_cdn": "Fastly",
        "video_profile_kbps": 3200,
        "heartbeat_seconds": 30,
        "buffer_ms": 9000,
        "rebuffer_ms": 1500,
        "throughput_kbps": 25400,
        "errors": 0,
        "startup_ms": 812,
        "player": "hls.js",
    }


def test_a_segment_is_a_heartbeat_as_long_as_itself() -> None:
    found = made(request(f'{REQUEST},bs,mtp=25400,cid="film"'))

    assert found["heartbeat_seconds"] == 4
    assert found["time"] == "2026-11-25T22:00:00Z"
    assert found["current_cdn"] == "Akamai"
    assert found["rebuffer_ms"] == 1


def test_parts_of_seconds_add_up() -> None:
    lines = [request(f'sid="s-1",ot=av,d=333,br=3200,cid="{nth}"') for nth in range(3_000)]

    found = [heartbeat(line, SENDER, VIEWING) for line in lines if isinstance(line, Read)]

    beats = [msgspec.json.decode(one.value) for one in found if isinstance(one, Heartbeat)]
    assert sum(beat["heartbeat_seconds"] for beat in beats) == pytest.approx(999, rel=0.1)


@pytest.mark.parametrize(
    ("said", "cdn"),
    [
        ('cdn="Fastly",h="e1.example"', "Fastly"),
        ('h="e1.example"', "e1.example"),
        ('e=rr,url="https://u:p@e2.example:8443/s.m4s?x",rc=404', "e2.example"),
        ('e=rr,url="https://[::1/s",rc=404', "Akamai"),
        ("bg", "Akamai"),
    ],
)
def test_whose_cdn_it_is(said: str, cdn: str) -> None:
    assert made(event(f"{EVENT},{said}"))["current_cdn"] == cdn


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("sta=p", 30),
        ("sta=r", 30),
        ("sta=k", 30),
        ("bg", 30),
        ("sta=a", 0),
        ("sta=d", 0),
        ("sta=e", 0),
    ],
)
def test_who_is_paused_does_not_watch(said: str, seconds: int) -> None:
    assert made(event(f"{EVENT},{said}"))["heartbeat_seconds"] == seconds


@pytest.mark.parametrize(
    ("said", "field", "expected"),
    [
        pytest.param('e=e,ec=("404" "X")', "errors", 2, id="two errors"),
        pytest.param("e=e", "errors", 1, id="an error without a code"),
        pytest.param('e=rr,url="/s",rc=503', "errors", 1, id="a response that failed"),
        pytest.param('e=rr,url="/s",rc=0', "errors", 1, id="no response"),
        pytest.param("e=ps,sta=r", "rebuffer_ms", 1, id="it stalls"),
        pytest.param("e=ps,msd=0", "startup_ms", 0, id="it began at once"),
    ],
)
def test_what_goes_wrong_is_told_without_viewing(said: str, field: str, expected: int) -> None:
    found = made(event(f"{EVENT},{said}"))

    assert found["heartbeat_seconds"] == 0
    assert found[field] == expected


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(event(f"{EVENT},e=m"), id="a mute"),
        pytest.param(event(f'{EVENT},e=rr,url="/s",rc=200,ot=v,d=4000'), id="a response"),
        pytest.param(event(f'{EVENT},e=ps,sta=p,ec=("404")'), id="an error that was told before"),
        pytest.param(request('sid="s-1",ot=a,d=4000,br=128'), id="audio"),
        pytest.param(request('sid="s-1",ot=m,su'), id="a playlist"),
    ],
)
def test_the_rest_is_passed_over(line: Line) -> None:
    assert isinstance(line, Read)
    assert isinstance(heartbeat(line, SENDER, VIEWING), Passed)


def test_responses_are_the_viewing_where_there_are_no_intervals() -> None:
    line = event(f'{EVENT},e=rr,url="https://a.example/s",rc=200,ot=v,d=4000')

    assert made(line, Viewing(by_responses=True))["heartbeat_seconds"] == 4


@pytest.mark.parametrize("key", ["br", "mtp", "bl", "bsd", "msd", "d", "ts"])
def test_what_no_heartbeat_holds_is_refused(key: str) -> None:
    line = event(f"{EVENT},{key}=999999999999999")

    assert isinstance(line, Read)
    found = heartbeat(line, SENDER, VIEWING)
    assert isinstance(found, Refused)
    assert found.detail.startswith(f"{key}: more than ")


NUMBERS = st.integers(0, 10**15 - 1) | st.integers(0, 5_000)
MEMBERS = st.fixed_dictionaries(
    {"sid": st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=64)},
    optional={
        **dict.fromkeys(("br", "bl", "mtp", "bsd"), NUMBERS | st.lists(NUMBERS, min_size=1)),
        **dict.fromkeys(("d", "msd", "ts", "rc", "sn"), NUMBERS),
        "cid": st.text(max_size=128),
        "cdn": st.text(max_size=128),
        "h": st.text(max_size=128),
        "url": st.text(),
        "bs": st.booleans(),
        "e": st.sampled_from(["t", "e", "rr", "ps", "ce"]),
        "ot": st.sampled_from(["v", "av", "a", "m"]),
        "sta": st.sampled_from(["p", "r", "a"]),
    },
)


@given(MEMBERS)
def test_the_contract_takes_every_heartbeat(members: dict[str, Any]) -> None:
    for line in of_json(msgspec.json.encode(members)):
        found = heartbeat(line, SENDER, VIEWING) if isinstance(line, Read) else line
        if isinstance(found, Heartbeat):
            assert Reader(CONTENT_SESSIONS, Limits()).one(found.value)
