"""A file of keys that is changed while an edge runs, whatever it holds then."""

import re
from pathlib import Path

import pytest

from edge.keys import KeyRing, KeysError, hash_of, parse

KEYS = f"keys: [{{name: a, sha256: {hash_of('secret')}}}]"


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("keys: [", id="no YAML"),
        pytest.param("[" * 5_000, id="nested deeply"),
        pytest.param("keys: 2024-99-99", id="a date that is none"),
        pytest.param("keys: !!int x", id="a number that is none"),
        pytest.param("", id="empty"),
        pytest.param("- 1", id="a list"),
    ],
)
def test_rubbish_is_told_and_changes_nothing(tmp_path: Path, written: str) -> None:
    file = tmp_path / "keys.yaml"
    file.write_text(KEYS)
    ring = KeyRing("", file)
    ring.load()

    with pytest.raises(KeysError):
        parse(written, "the file")
    file.write_text(written)
    ring.refresh()

    assert ring.find("secret") is not None


HASH = hash_of("secret")


@pytest.mark.parametrize(
    ("written", "words"),
    [
        pytest.param("keys: {name: tv}", "expected a list below `keys:`", id="no list"),
        pytest.param("keys: [tv]", "key 1 below `keys:`: expected name and sha256", id="a name"),
        pytest.param(
            "keys: [{name: tv, sha256: abc}]", "key 1 below `keys:`: sha256: expected 64", id="hash"
        ),
        pytest.param("keys: [{name: tv}]", "sha256 is missing: expected 64", id="no hash"),
        pytest.param(f"keys: [{{name: t v, sha256: {HASH}}}]", "name: expected 1 to 64", id="name"),
        pytest.param(
            f"keys: [{{name: tv, sha256: {HASH}}}, {{name: tv, sha256: {HASH}, stream: [a]}}]",
            "key 2 below `keys:` has a member that is none: did you mean streams?",
            id="a slip",
        ),
        pytest.param(
            f"keys: [{{name: tv, sha256: {HASH}, streams: a}}]",
            "streams: expected a list",
            id="text",
        ),
        pytest.param(
            f"keys: [{{name: tv, sha256: {HASH}, streams: [a, 1]}}]", "streams: expected", id="1"
        ),
        pytest.param(
            f"keys: [{{name: tv, sha256: {HASH}, events_per_second: x}}]",
            "events_per_second: expected a whole number",
            id="rate",
        ),
    ],
)
def test_what_is_wrong_with_a_key_is_told_with_what_is_expected(written: str, words: str) -> None:
    with pytest.raises(KeysError, match=f"^the file: .*{re.escape(words)}") as error:
        parse(written, "the file")

    assert HASH not in str(error.value)


def test_a_file_whose_mode_alone_changed_is_read_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "keys.yaml"
    file.write_text(KEYS)
    ring = KeyRing("", file)
    ring.load()

    file.chmod(0o600)  # as where the edge could not read it before
    ring.refresh()

    assert "read again" in caplog.text


def test_a_file_that_is_gone_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "keys.yaml"
    file.write_text(KEYS)
    ring = KeyRing("", file)
    ring.load()

    file.unlink()
    ring.refresh()

    assert ring.find("secret") is not None
