"""`headrace dead-letters`: real Kafka, real PostgreSQL, commands that are killed on the way."""

import asyncio
import json
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from app.letters.mending import MendingError, as_text, by_expression, from_text
from devstack.engines import Kafka
from tests.app.commands import headrace
from tests.integration.topics import Topic

ADD = """
INSERT INTO event_dead_letters (time, topic, partition, "offset", epoch, reason, detail, payload)
SELECT '2026-11-22T10:00:00Z', $1, 0, nth, 1, $2, 'as it was', convert_to($3, 'UTF8')
FROM generate_series($4::int, $5::int) AS nth
"""
EVENT = {
    "time": "2026-11-22T10:00:00Z",
    "session_id": "s-1",
    "platform": "web",
    "channel": "news",
    "asn": "64500",
    "current_cdn": "Akamai",
    "video_profile_kbps": 4500,
}
MEND = ".asn |= tonumber"


class Place:
    """A topic, a database, and commands beside them."""

    def __init__(self, folder: Path, broker: str, prefix: str, database: str) -> None:
        self.topic = Topic(broker, f"{prefix}content_sessions")
        self.topic.create()
        self._folder = folder
        self._database = database
        self._settings = {
            "HEADRACE_BROKER": broker,
            "HEADRACE_DATABASE": database,
            "HEADRACE_TOPIC_PREFIX": prefix,
        }

    def add(self, first: int, last: int, reason: str = "invalid", **fields: object) -> None:
        payload = json.dumps(EVENT | fields)
        self.query(ADD, self.topic.name, reason, payload, first, last)

    def run(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return headrace(self._folder, "dead-letters", *arguments, **self._settings, **settings)

    def replay(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return headrace(self._folder, "replay", *arguments, **self._settings)

    def query(self, sql: str, *values: object) -> list[Any]:
        async def ask() -> list[Any]:
            connection = await asyncpg.connect(self._database)
            try:
                return [tuple(row) for row in await connection.fetch(sql, *values)]
            finally:
                await connection.close()

        with ThreadPoolExecutor(1) as pool:
            return pool.submit(lambda: asyncio.run(ask())).result()

    def sent(self) -> list[tuple[int, str]]:
        """Read what is committed: offset, and the letter that it was."""
        consumer = self.topic.reader()
        end = consumer.get_watermark_offsets(self.topic.partition(0))[1]
        found: list[tuple[int, str]] = []
        at = 0
        while at < end:
            for one in consumer.consume(1_000, timeout=1):
                assert one.error() is None
                headers: Any = one.headers()
                offset = one.offset()
                assert offset is not None
                found.append((offset, dict(headers)["headrace.replayed"].decode()))
            at = consumer.position([self.topic.partition(0)])[0].offset
        consumer.close()
        return found

    def known(self) -> list[tuple[int, str]]:
        """Say what the letters know: where each is, and its name."""
        return self.query(
            "SELECT replay_offset, format('%s-%s-%s-%s', topic, partition, \"offset\", epoch) "
            "FROM event_dead_letters WHERE replayed_at IS NOT NULL AND replay_topic = topic "
            "AND replay_partition = partition ORDER BY 1"
        )


@pytest.fixture
def place(tmp_path: Path, kafka: Kafka, database: str, topic_prefix: str) -> Place:
    return Place(tmp_path, kafka.address, topic_prefix, database)


def test_letters_are_found_by_reason_stream_and_time(place: Place) -> None:
    place.add(0, 1)
    place.add(2, 2, "expired")
    name = place.topic.name

    by_reason = place.run("list", "--reason", "expired", "--stream", "content_sessions")
    by_time = place.run("list", "--to", "2026-11-22T10:00Z")
    shown = place.run("show", f"{name}-0-2")

    assert by_reason.stdout.splitlines() == [
        f"{name}-0-2  2026-11-22T10:00:00Z  expired: as it was"
    ]
    assert f"{name}, expired: 1" in by_reason.stderr
    assert (by_time.stdout, by_time.returncode) == ("", 0)
    assert '"asn": "64500"' in shown.stdout
    assert "epoch 1" in shown.stdout


def test_what_is_mended_is_sent_once_and_what_is_still_bad_is_not(place: Place) -> None:
    place.add(0, 2)
    place.add(3, 3, asn="many")
    place.add(4, 4, asn="-1")

    dry = place.run("replay", "--all", "--jq", MEND, "--dry-run")
    first = place.run("replay", "--all", "--jq", MEND)
    again = place.run("replay", "--all", "--jq", MEND)

    assert "3 would be sent, 2 still refused" in dry.stdout
    assert "3 sent, 2 still refused" in first.stdout
    assert f"not sent: {place.topic.name}-0-4: invalid: asn: " in first.stderr
    assert "0 sent, 2 still refused" in again.stdout
    assert place.sent() == place.known()
    assert len(place.sent()) == 3
    assert "[sent again]" in place.run("list").stdout
    record = place.topic.read(1)[0]
    assert json.loads(record.value() or b"") == EVENT | {"asn": 64500}
    assert record.timestamp()[1] == 1_795_341_600_000  # the letter's own


def test_a_replay_of_dead_letters_sends_those_of_its_stream_and_time_once(place: Place) -> None:
    place.add(0, 1, asn=64500)
    place.add(2, 2)
    letters = ("--stream", "content_sessions", "--source", "dead-letters")

    later = place.replay(*letters, "--into", "same", "--from", "2026-11-22T10:01Z")
    first = place.replay(*letters, "--into", "same", "--from", "2026-11-22T10:00Z")
    again = place.replay(*letters, "--into", "same")
    elsewhere = place.replay(*letters, "--into", "postgresql://localhost/other", "--anew")

    assert "0 sent, 0 still refused" in later.stdout
    assert "2 sent, 1 still refused" in first.stdout
    assert f"not sent: {place.topic.name}-0-2: invalid: asn: " in first.stderr
    assert "0 sent, 1 still refused" in again.stdout
    assert place.sent() == place.known()
    assert len(place.sent()) == 2
    assert "the topic that they came from" in elsewhere.stderr


@pytest.mark.parametrize("point", ["before_commit", "before_live_tables"])
def test_killed_before_or_after_the_transaction_and_run_again_each_is_there_once(
    place: Place, point: str
) -> None:
    place.add(0, 1_199)

    killed = place.run("replay", "--all", "--jq", MEND, HEADRACE_FAULT=f"{point}:kill:2")
    between = len(place.known())
    again = place.run("replay", "--all", "--jq", MEND)

    assert killed.returncode == -signal.SIGKILL
    assert between == 500
    assert again.returncode == 0, again.stderr
    told = "500 are sent, 0 are not" if point == "before_live_tables" else "0 are sent, 500 are not"
    assert told in again.stderr
    assert place.sent() == place.known()
    assert len({letter for _, letter in place.sent()}) == len(place.sent()) == 1_200


def test_mended_in_an_editor(place: Place, tmp_path: Path) -> None:
    place.add(0, 1)
    editor = tmp_path / "editor"
    # the first is mended, the second taken out
    editor.write_text("#!/bin/sh\nsed -i -e 's/\"64500\"/64500/' -e '/-0-1 /,$d' \"$1\"\n")
    editor.chmod(0o755)

    done = place.run("replay", "--all", "--edit", EDITOR=str(editor))

    assert "1 sent, 0 still refused, 1 passed over" in done.stdout, done.stderr
    assert [letter for _, letter in place.sent()] == [f"{place.topic.name}-0-0-1"]


def test_without_saying_which_nothing_is_sent(place: Place) -> None:
    done = place.run("replay")

    assert done.returncode == 2
    assert "say which" in done.stderr


@pytest.mark.parametrize(
    ("expression", "before", "after"),
    [
        pytest.param(
            ".b = 2",
            b'{"a": 12345678901234567890, "c": 1.10}',
            b'{"a":12345678901234567890,"c":1.10,"b":2}',
            id="what it leaves alone keeps its bytes",
        ),
        pytest.param("select(.a > 1)", b'{"a": 1}', None, id="nothing: passed over"),
        pytest.param("del(.a)", b'{"a": 1, "b": 2}', b'{"b":2}', id="a member less"),
        pytest.param(".[0]", b"[1, 2]", b"1", id="no object"),
    ],
)
def test_an_expression_mends(expression: str, before: bytes, after: bytes | None) -> None:
    assert by_expression(expression)(before) == after


def test_a_wrong_expression_is_told() -> None:
    with pytest.raises(MendingError, match="--jq: "):
        by_expression(".a = (")
    with pytest.raises(ValueError, match="2 values"):
        by_expression("1, 2")(b"{}")


def test_text_for_an_editor_holds_any_bytes() -> None:
    text = as_text({"t-0-1": ("invalid", b"\xff\n{}"), "t-0-2": ("malformed", b"{")})

    assert from_text(text, ["t-0-1", "t-0-2"]) == {"t-0-1": b"\xff\n{}", "t-0-2": b"{"}
    with pytest.raises(MendingError, match="t-0-2"):
        from_text(text, ["t-0-1"])
