"""`headrace send`: judged first, then sent, acknowledged, and found by the printed command."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.sending.reading import read
from devstack.engines import Kafka
from tests.app.commands import headrace, runs_at
from tests.integration.topics import Topic

EVENT = {
    "time": "",
    "session_id": "s-1",
    "platform": "web",
    "channel": "news",
    "asn": 64500,
    "current_cdn": "Akamai",
    "video_profile_kbps": 4500,
}
NO_DATABASE = "postgresql://postgres@127.0.0.1:1/none"


def event(**fields: object) -> str:
    return json.dumps(EVENT | {"time": datetime.now(UTC).isoformat()} | fields)


@pytest.fixture
def topic(kafka: Kafka, topic_prefix: str) -> Topic:
    return Topic(kafka.address, f"{topic_prefix}content_sessions")


@pytest.fixture
def settings(topic_prefix: str) -> dict[str, str]:
    return {"HEADRACE_TOPIC_PREFIX": topic_prefix, "HEADRACE_TOPIC_PARTITIONS": "1"}


def test_an_event_arrives_as_it_is_with_its_place_told(
    tmp_path: Path, topic: Topic, settings: dict[str, str]
) -> None:
    runs_at(tmp_path, topic.broker, NO_DATABASE)
    sent = event(video_profile_kbps=4500)

    done = headrace(tmp_path, "send", "content_sessions", sent, **settings)

    assert done.returncode == 0, done.stderr
    assert f"sent to {topic.name}, partition 0, offset 0" in done.stdout
    assert "headrace psql -c" in done.stdout
    message = topic.read(1)[0]
    assert (message.value(), message.key()) == (sent.encode(), None)


def test_lines_of_standard_input_and_arrays_of_files_with_a_key(
    tmp_path: Path, topic: Topic, settings: dict[str, str]
) -> None:
    file = tmp_path / "events.json"
    file.write_text(f"[{event(session_id='a')},\n {event(session_id='b')}]")
    lines = "\n".join(event(session_id=f"s-{nth}") for nth in range(20))
    more = settings | {"HEADRACE_BROKER": topic.broker}

    some = headrace(
        tmp_path, "send", "content_sessions", "--file", str(file), "--key", "session_id", **more
    )
    many = headrace(tmp_path, "send", "content_sessions", given=lines, **more)

    assert (some.returncode, many.returncode) == (0, 0), some.stderr + many.stderr
    assert "partition 0: 20 events, offsets 2 to 21" in many.stdout
    assert [message.key() for message in topic.read(3)] == [b"a", b"b", None]


def test_nothing_is_sent_if_one_is_refused_and_all_anyway(
    tmp_path: Path, topic: Topic, settings: dict[str, str]
) -> None:
    lines = f"{event()}\n\n{event(asn=-1)}\nno json\n"
    more = settings | {"HEADRACE_BROKER": topic.broker}

    refused = headrace(tmp_path, "send", "content_sessions", given=lines, **more)
    anyway = headrace(tmp_path, "send", "content_sessions", "--anyway", given=lines, **more)

    assert refused.returncode == 1
    assert refused.stdout == ""
    assert "line 3: invalid: asn: " in refused.stderr
    assert "line 4: malformed: " in refused.stderr
    assert "nothing was sent" in refused.stderr
    assert anyway.returncode == 0
    assert [message.value() for message in topic.read(3)][2] == b"no json"
    assert "event_dead_letters" in anyway.stdout


def test_a_broker_that_is_away_is_one_line(tmp_path: Path) -> None:
    done = headrace(tmp_path, "send", "content_sessions", event(), HEADRACE_BROKER="127.0.0.1:1")

    assert done.returncode == 1
    assert done.stderr == "Error: no Kafka broker answers at 127.0.0.1:1 (HEADRACE_BROKER)\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param(b"", [], id="nothing"),
        pytest.param(b'\n{"a": 1}\n', [("line 2", b'{"a": 1}')], id="one line"),
        pytest.param(b'{\n "a": 1\n}\n', [("line 1", b'{\n "a": 1\n}')], id="over several lines"),
        pytest.param(b'{"a":1}\n{', [("line 1", b'{"a":1}'), ("line 2", b"{")], id="cut off"),
        pytest.param(
            b'[{"a": 1.0}, {"b": 2}]',
            [("event 1", b'{"a": 1.0}'), ("event 2", b'{"b": 2}')],
            id="an array",
        ),
        pytest.param(b"\xff\n", [("line 1", b"\xff")], id="no text"),
    ],
)
def test_events_are_read_with_their_bytes_untouched(
    text: bytes, found: list[tuple[str, bytes]]
) -> None:
    assert [(one.where, one.value) for one in read("", text)] == found
