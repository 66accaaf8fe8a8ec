"""`headrace dead-letters replay` where topics were made anew, or are gone.

Found by review.
"""

import json
import re
from pathlib import Path

import pytest

from devstack.engines import Kafka
from tests.app.cli.test_dead_letters import ADD, EVENT, Place

MEND = ".asn |= tonumber"


@pytest.fixture
def place(tmp_path: Path, kafka: Kafka, database: str, topic_prefix: str) -> Place:
    return Place(tmp_path, kafka.address, topic_prefix, database)


def test_letters_of_two_lives_of_a_topic_keep_their_own_bytes_in_an_editor(
    place: Place, tmp_path: Path
) -> None:
    place.add(0, 0, session_id="first")
    place.query("UPDATE event_dead_letters SET epoch = 2")
    place.add(0, 0, session_id="second")
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nsed -i \'s/"64500"/64500/\' "$1"\n')
    editor.chmod(0o755)

    done = place.run("replay", "--all", "--edit", EDITOR=str(editor))

    assert "2 sent, 0 still refused" in done.stdout, done.stderr
    sent = {json.loads(one.value() or b"")["session_id"] for one in place.topic.read(2)}
    assert sent == {"first", "second"}


def test_letters_of_a_replay_stay_as_no_worker_reads_its_topic(place: Place) -> None:
    place.add(0, 0)
    place.query("UPDATE event_dead_letters SET topic = topic || '.replay'")

    done = place.run("replay", "--all", "--jq", MEND)

    assert "0 sent, 1 still refused" in done.stdout, done.stderr
    assert "no worker reads" in done.stderr


def test_letters_without_a_place_in_kafka_hold_up_no_others(place: Place) -> None:
    name, payload = place.topic.name, json.dumps(EVENT)
    place.add(0, 0)
    place.query(ADD.replace("$1, 0, nth", "$1, 99, nth"), name, "invalid", payload, 0, 0)

    done = place.run("replay", "--all", "--jq", MEND)

    assert "1 sent, 1 still refused" in done.stdout, done.stderr
    assert f"no partition 99 of {name}" in done.stderr


def test_letters_of_a_topic_that_is_gone_are_told(place: Place) -> None:
    place.add(0, 1)
    # one of them was begun by a command that was killed
    place.query(
        "UPDATE event_dead_letters SET replay_topic = topic, replay_partition = 0, "
        'replay_offset = 0 WHERE "offset" = 1'
    )
    place.topic.delete()

    done = place.run("replay", "--all", "--jq", MEND)

    assert "0 are sent, 1 are not" in done.stderr
    assert "0 sent, 2 still refused" in done.stdout, done.stderr
    assert f"no partition 0 of {place.topic.name}" in done.stderr


def test_a_name_with_a_slip_is_told(place: Place) -> None:
    place.add(0, 0)
    name = f"{place.topic.name}-0-0"

    nothing = place.run("replay", "content_sessions-0-99999999999999999999")
    one = place.run("replay", name, f"{name}0", "--jq", MEND)

    assert "content_sessions-0-99999999999999999999 is no dead letter" in nothing.stderr
    assert f"{name}0 is no dead letter" in one.stderr
    assert "1 sent, 0 still refused" in one.stdout, one.stderr
    assert nothing.returncode == one.returncode == 1


def test_a_letter_that_was_sent_says_when_and_where(place: Place) -> None:
    place.add(0, 1)
    name = place.topic.name
    first = place.run("replay", f"{name}-0-1", "--jq", MEND)

    again = place.run("replay", f"{name}-0-1", "--jq", MEND)
    other = place.run("replay", f"{name}-0-0", "--reason", "expired", "--jq", MEND)

    assert "1 sent, 0 still refused" in first.stdout, first.stderr
    assert re.search(
        rf"^{name}-0-1 was sent at 20..-..-..T..:..:..Z to {name}, partition 0, offset 0$",
        again.stderr,
        re.MULTILINE,
    ), again.stderr
    assert "0 sent, 0 still refused" in again.stdout
    assert f"{name}-0-0 is none of those that the other options ask for" in other.stderr
    assert len(place.sent()) == 1


def test_an_editor_that_is_not_there_is_told(place: Place) -> None:
    place.add(0, 0)

    done = place.run("replay", "--all", "--edit", VISUAL="", EDITOR="no-such-editor")

    assert done.returncode == 2
    assert "no-such-editor: Editing failed" in done.stderr
    assert "Set EDITOR" in done.stderr


def test_a_list_that_is_cut_says_so(place: Place) -> None:
    place.add(0, 2)

    cut = place.run("list", "--limit", "2")
    whole = place.run("list", "--limit", "3")

    assert len(cut.stdout.splitlines()) == 2
    assert "2 of 3 are listed, the oldest: --limit" in cut.stderr
    assert "are listed" not in whole.stderr


def test_a_time_that_ends_before_it_begins_is_refused(place: Place) -> None:
    done = place.run("replay", "--from", "2026-11-23", "--to", "2026-11-22")

    assert done.returncode
    assert "--from: must be before --to" in done.stderr
